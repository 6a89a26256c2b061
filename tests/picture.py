"""What a console shows, as a small SVG: text stays text, lines and grounds are rectangles.

The same screen makes the same bytes; nothing of the machine or of the moment is in it, and it
names fonts that are there, never an address to fetch one from.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from itertools import groupby

from rich.cells import cell_len, split_graphemes
from rich.color import Color
from rich.style import Style
from textual._compositor import LayoutUpdate
from textual._context import active_app
from textual.app import App
from textual.strip import Strip

CELL, LINE, FONT = 9, 18, 15
"""Width and height of a cell and size of the letters, in pixels; most fixed fonts are 0.6 wide."""

FONTS = "ui-monospace,SFMono-Regular,Menlo,'DejaVu Sans Mono','Liberation Mono',Consolas,monospace"

_STROKES: dict[str, tuple[float, float, float, float]] = {
    "│": (4, 0, 1, LINE),
    "─": (0, LINE / 2, CELL, 1),
    "▏": (0, 0, 2, LINE),
    "▕": (CELL - 2, 0, 2, LINE),
    "▌": (0, 0, CELL / 2, LINE),
    "▔": (0, 0, CELL, 2),
    "▁": (0, LINE - 2, CELL, 2),
    "━": (0, LINE / 2 - 1, CELL, 2),
}
"""Characters that are drawn: x, y, width and height in the cell."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a run of characters looks."""

    ink: str
    ground: str
    bold: bool = False
    italic: bool = False
    underline: bool = False
    pale: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of one look beside each other."""

    x: int
    text: str
    size: int
    """In cells."""
    look: Look


@dataclass(frozen=True, slots=True)
class _Box:
    """A rectangle of one colour, in pixels."""

    x: float
    y: float
    width: float
    height: float
    ink: str

    def svg(self) -> str:
        return (
            f'<rect x="{self.x:g}" y="{self.y:g}" width="{self.width:g}"'
            f' height="{self.height:g}" fill="{self.ink}"/>'
        )


def picture(app: App[None]) -> str:
    """What a running program shows, as SVG."""
    width, height = app.size
    colours = app.theme_variables
    ink, ground = colours["foreground"].lower(), colours["background"].lower()
    rows = [list(_runs(strip, ink, ground)) for strip in lines(app)[:height]]
    body = [
        f'<rect width="100%" height="100%" fill="{ground}"/>',
        *(box.svg() for box in _joined(_boxes(rows, ground))),
        *(_text(run, y, ink) for y, row in enumerate(rows) for run in _written(row)),
    ]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width * CELL} {height * LINE}"'
        f' font-family="{FONTS}" font-size="{FONT}" fill="{ink}" xml:space="preserve"'
        ' shape-rendering="crispEdges">'
    )
    return "\n".join((head, *body, "</svg>\n"))


def lines(app: App[None]) -> list[Strip]:
    """The lines on the screen, pickers and what lies under them included."""
    with running(app):
        update = app.screen._compositor.render_update(
            full=True, screen_stack=app._background_screens
        )
    assert isinstance(update, LayoutUpdate)
    return [Strip.join(pieces) for pieces in update.strips]


@contextmanager
def running(app: App[None]) -> Iterator[None]:
    """Draw as the program itself would."""
    token = active_app.set(app)
    try:
        yield
    finally:
        active_app.reset(token)


# From the screen ---------------------------------------------------------------------------------


def _runs(strip: Strip, ink: str, ground: str) -> Iterator[Run]:
    """The runs of a line from left to right, neighbours of one look together."""
    run: Run | None = None
    x = 0
    for segment in strip:
        look = _look(segment.style or Style(), ink, ground)
        size = cell_len(segment.text)
        if run is not None and run.look == look:
            run = Run(run.x, run.text + segment.text, run.size + size, look)
        else:
            if run is not None:
                yield run
            run = Run(x, segment.text, size, look)
        x += size
    if run is not None:
        yield run


def _look(style: Style, ink: str, ground: str) -> Look:
    front, back = _hex(style.color, ink), _hex(style.bgcolor, ground)
    if style.reverse:
        front, back = back, front
    return Look(
        front, back, bool(style.bold), bool(style.italic), bool(style.underline), bool(style.dim)
    )


def _hex(colour: Color | None, otherwise: str) -> str:
    if colour is None or colour.is_default:
        return otherwise
    return colour.get_truecolor().hex.lower()


# Grounds and lines -------------------------------------------------------------------------------


def _boxes(rows: list[list[Run]], ground: str) -> Iterator[_Box]:
    """Grounds other than the screen's first, then what is drawn upon them."""
    for y, row in enumerate(rows):
        for colour, runs in groupby(row, key=lambda run: run.look.ground):
            if colour != ground:
                first, *rest = runs
                size = sum((run.size for run in rest), first.size)
                yield _Box(first.x * CELL, y * LINE, size * CELL, LINE, colour)
    for y, row in enumerate(rows):
        for run in row:
            for column, size, stroke in _strokes(run):
                left, top, width, height = _STROKES[stroke]
                whole = width + (size - 1) * CELL if width == CELL else width
                yield _Box(column * CELL + left, y * LINE + top, whole, height, run.look.ink)


def _strokes(run: Run) -> Iterator[tuple[int, int, str]]:
    """Column, cells and character of what is drawn; unbroken horizontal lines in one piece."""
    x = run.x
    start, last = x, ""
    for char in [*run.text, ""]:
        if last and char != last:
            yield start, x - start, last
            last = ""
        if char in _STROKES:
            whole = _STROKES[char][2] == CELL
            if not whole:
                yield x, 1, char
            elif not last:
                start, last = x, char
        x += cell_len(char)


def _joined(boxes: Iterator[_Box]) -> list[_Box]:
    """Boxes that continue each other downwards, as one."""
    joined: dict[tuple[float, float, str, float], _Box] = {}
    for box in boxes:
        above = joined.pop((box.x, box.width, box.ink, box.y), None)
        top, height = (above.y, above.height) if above is not None else (box.y, 0.0)
        whole = _Box(box.x, top, box.width, height + box.height, box.ink)
        joined[(box.x, box.width, box.ink, box.y + box.height)] = whole
    return list(joined.values())


# Letters -----------------------------------------------------------------------------------------


def _written(row: list[Run]) -> Iterator[Run]:
    """The words of a line: what is blank or drawn is left out, wide gaps part the runs."""
    for run in row:
        x, start, words = run.x, run.x, ""
        for begin, end, size in split_graphemes(run.text)[0]:
            char = run.text[begin:end]
            if (
                char in _STROKES
                or (char == " " and words.endswith("  "))
                or (not words and char == " ")
            ):
                yield from _word(start, words, run.look)
                words = ""
            else:
                start = start if words else x
                words += char
            x += size
        yield from _word(start, words, run.look)


def _word(x: int, words: str, look: Look) -> Iterator[Run]:
    if words := words.rstrip(" "):
        yield Run(x, words, cell_len(words), look)


def _text(run: Run, y: int, ink: str) -> str:
    look = run.look
    looks = "".join(
        (
            f' fill="{look.ink}"' if look.ink != ink else "",
            ' font-weight="bold"' if look.bold else "",
            ' font-style="italic"' if look.italic else "",
            ' text-decoration="underline"' if look.underline else "",
            ' opacity=".6"' if look.pale else "",
        )
    )
    length = f' textLength="{run.size * CELL}"' if run.size > 1 else ""
    return (
        f'<text x="{run.x * CELL}" y="{y * LINE + 14}"{length}{looks}>'
        f"{escape(run.text, quote=False)}</text>"
    )
