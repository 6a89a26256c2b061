"""When a conversation shall come back: typed times, the presets of the picker, and distances.

`parse` reads English and German whatever language the program speaks. A text goes through
`tokens` (with the tables of `words`), the rules in `clocks` and `dates` (by the `grammar`), which
fill a `reading`, and `resolve`, which holds it against the calendar and the business `hours`.
"""

from agent_tui.when.answer import At, Unclear, UntilReply, When
from agent_tui.when.distances import distance, waiting, waits
from agent_tui.when.hours import BusinessHours
from agent_tui.when.offers import Preset, presets
from agent_tui.when.parsing import parse

__all__ = [
    "At",
    "BusinessHours",
    "Preset",
    "Unclear",
    "UntilReply",
    "When",
    "distance",
    "parse",
    "presets",
    "waiting",
    "waits",
]
