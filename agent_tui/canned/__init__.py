"""Canned replies: read the files, check them, rank them for a query, fill their variables.

One reply is one Markdown file: front matter between two lines ``---``, then the text as it
will be sent, with Liquid variables. `load` makes a `Library` of folders, `fill` puts the values
of `values_for` into a reply, and `blanks` finds what is still to be filled in, so that sending
can be refused.
"""

from agent_tui.canned.filling import Filled, fill
from agent_tui.canned.finding import Library
from agent_tui.canned.folders import GROUPS, MAX_BYTES, built_in_folder, load
from agent_tui.canned.front_matter import KEYS
from agent_tui.canned.marks import CLOSE, OPEN, blanks
from agent_tui.canned.reply import FALLBACK, MAX_FILES, CannedReply, Problem
from agent_tui.canned.templates import FILTERS, MAX_FILLED, TAGS
from agent_tui.canned.values import values_for

__all__ = [
    "CLOSE",
    "FALLBACK",
    "FILTERS",
    "GROUPS",
    "KEYS",
    "MAX_BYTES",
    "MAX_FILES",
    "MAX_FILLED",
    "OPEN",
    "TAGS",
    "CannedReply",
    "Filled",
    "Library",
    "Problem",
    "blanks",
    "built_in_folder",
    "fill",
    "load",
    "values_for",
]
