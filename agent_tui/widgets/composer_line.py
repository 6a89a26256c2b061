"""The line above the text: to whom, on which channel, in which mode; how long it may be."""

from __future__ import annotations

from textual.strip import Strip
from textual.widget import Widget

from agent_tui.channels import rules_of
from agent_tui.i18n import _
from agent_tui.model import Channel
from agent_tui.shown import Mode
from agent_tui.widgets.ink import Ink, mix
from agent_tui.widgets.message_lines import tone_style
from agent_tui.widgets.message_words import Tone
from agent_tui.widgets.paint import Part, cells, cut, measure, spread


def sentence_of(mode: Mode, channel: Channel) -> str:
    """What is being written, with a place for the name."""
    if mode is Mode.NOTE:
        return _("Private note — {name} does not see this")
    return _("Reply to {name} on {channel}").replace("{channel}", rules_of(channel).name)


class ComposerLine(Widget):
    """To whom, on which channel, in which mode; how long it is and how long one may."""

    ALLOW_SELECT = False

    DEFAULT_CSS = "ComposerLine { height: 1; background: $background; color: $dim; }"

    def __init__(self) -> None:
        super().__init__()
        self._said: tuple[str, str, list[tuple[str, Tone]]] = ("", "", [])

    def tell(self, sentence: str, name: str, numbers: list[tuple[str, Tone]]) -> None:
        """`sentence` has a place for `name`, which gives way where there is little room."""
        if self._said != (sentence, name, numbers):
            self._said = (sentence, name, numbers)
            self.refresh()

    def render_line(self, y: int) -> Strip:  # noqa: ARG002
        """The one line."""
        ink = mix(self)
        sentence, name, numbers = self._said
        words = cells(sentence.replace("{name}", ""))
        right = _numbers(numbers, ink)
        if words + cells(name) + 1 + measure(right) > self.size.width:
            # The conversation's header tells of the window, too; to whom one writes, only this.
            right = _numbers(
                [n for n in numbers[:-1] if n[1] is not Tone.QUIET] + numbers[-1:], ink
            )
        room = self.size.width - measure(right) - 1 - words
        title = sentence.replace("{name}", cut(name, max(4, room)))
        return spread([(" ", ink.text), (title, ink.text)], right, self.size.width, ink.text)


def _numbers(numbers: list[tuple[str, Tone]], ink: Ink) -> list[Part]:
    """The numbers at the right edge."""
    parts: list[Part] = []
    for words, tone in numbers:
        parts += [("  ", ink.text), (words, tone_style(tone, ink))]
    return [*parts, (" ", ink.text)]
