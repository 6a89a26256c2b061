"""Liquid, as far as a reply may use it: no loops, no other files, no clock.

A variable without a value is never dropped: it becomes a visible blank.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from agent_tui.canned.marks import blank
from agent_tui.canned.reply import MAX_FILES, DamagedError
from agent_tui.i18n import _

if TYPE_CHECKING:
    from liquid import BoundTemplate, Environment
    from liquid.token import Token

MAX_FILLED: Final = 60_000
"""The longest text a reply may grow to, in bytes of UTF-8: less than the composer takes."""

TAGS: Final = ("if", "unless", "case", "assign", "comment")
"""The Liquid tags a reply may use: none that loops, none that reads another file."""

FILTERS: Final = ("append", "capitalize", "default", "downcase", "prepend", "strip", "upcase")
"""The Liquid filters a reply may use: none can cut a blank apart or decode one out of a value."""

BLANK_ROOT: Final = "Blank"
"""What `template_of` calls the variable ``blank``."""

_BLANK_NAME: Final = re.compile(r"(\{\{-?\s*)blank(?=\s*[.\[])")
"""``blank`` at the head of a variable. It is a word of Liquid's own, so it is written otherwise
before, and just as long, so that errors stay where they are."""

_MARKUP: Final = re.compile(r"\{(?P<kind>[{%])-?\s*(?P<name>#|\w*)")
_INNER_TAGS: Final = frozenset({"elsif", "else", "when"})
_LONGEST_MARKUP: Final = 300
"""Characters between two braces; Liquid's lexer takes minutes for 64 KiB of open ones."""


class Facts(dict[str, object]):
    """A level of the values; printed by itself it is a blank, never Python's notation."""

    def __init__(self, name: str, values: Mapping[str, object]) -> None:
        super().__init__(values)
        self.name = name

    def __str__(self) -> str:
        return blank(self.name)


def check_liquid(body: str, start: int) -> None:
    """Raise `DamagedError` for Liquid that cannot work; `start`: lines before the body."""
    from liquid.exceptions import LiquidError  # noqa: PLC0415 - late: heavy

    try:
        used = template_of(body).analyze().filters
    except DamagedError as error:
        raise DamagedError((error.line or 1) + start, error.message) from error
    except LiquidError as error:
        at = error.token.start_index if error.token else -1
        line = body.count("\n", 0, at) + 1 + start if at >= 0 else None
        text = _("Liquid does not understand this ({detail}). Correct what is between the braces.")
        detail = str(error.message).replace("\n", " ")
        raise DamagedError(line, text.format(detail=detail[:120])) from error
    if unknown := used.keys() - set(FILTERS):
        text = _("the Liquid filter “{name}” cannot be used here. Use {known}.")
        names = {"name": min(unknown), "known": ", ".join(FILTERS)}
        raise DamagedError(None, text.format(**names))


@lru_cache(maxsize=2 * MAX_FILES)
def template_of(body: str) -> BoundTemplate:
    """`body` as a template, parsed once; raises `DamagedError` and Liquid's own errors."""
    for markup in _MARKUP.finditer(body):
        close = "}}" if markup["kind"] == "{" else "%}"
        line = body.count("\n", 0, markup.start()) + 1
        if body.find(close, markup.start(), markup.start() + _LONGEST_MARKUP) < 0:
            text = _("“{start}” is not closed within {n} characters. Add “{close}”.")
            start = "{" + markup["kind"]
            raise DamagedError(line, text.format(start=start, n=_LONGEST_MARKUP, close=close))
        name = markup["name"]
        if close == "%}" and name.removeprefix("end") not in TAGS and name not in _INNER_TAGS:
            text = _("the Liquid tag “{name}” cannot be used here. Use {known}.")
            raise DamagedError(line, text.format(name=name[:60], known=", ".join(TAGS)))
    return _environment().from_string(_BLANK_NAME.sub(rf"\1{BLANK_ROOT}", body))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """Liquid without loops, files and the clock, where what has no value is a blank."""
    import liquid  # noqa: PLC0415 - late: heavy
    from liquid.undefined import UNDEFINED  # noqa: PLC0415 - late: heavy
    from liquid.utils import ReadOnlyChainMap  # noqa: PLC0415 - late: heavy

    class Blank(liquid.Undefined):
        __slots__ = ()

        def __str__(self) -> str:
            return blank(self.name)

    class Context(liquid.RenderContext):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            # Without Liquid's own “now” and “today”: time is a parameter in this program.
            self.scope = ReadOnlyChainMap(self.locals, self.globals)

        def get(
            self, path: list[object], *, token: Token | None, default: object = UNDEFINED
        ) -> object:
            found = super().get(path, token=token, default=default)
            return Blank(str(path[-1])) if type(found) is liquid.Undefined else found

        def get_item(self, obj: object, key: object) -> object:
            if not isinstance(obj, Facts):
                raise TypeError(key)
            return obj[str(key)]

    class Template(liquid.BoundTemplate):
        context_class = Context

    class Sandbox(liquid.Environment):
        template_class = Template
        output_stream_limit = MAX_FILLED
        local_namespace_limit = MAX_FILLED

    sandbox = Sandbox()
    sandbox.filters = {name: sandbox.filters[name] for name in FILTERS}
    return sandbox
