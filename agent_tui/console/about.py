"""What the agent is told of a link or a file before she opens it."""

from __future__ import annotations

from agent_tui.console.things import File, Link
from agent_tui.files.fetching import Progress, Saved
from agent_tui.i18n import _
from agent_tui.links.host import NotOpened, Target
from agent_tui.widgets.confirm import Confirmation, Fact, Tone
from agent_tui.widgets.message_words import size_words

COPY = {"y": "copy", "c": "copy"}


def name_of(file: File) -> str:
    """What a file is called in a sentence."""
    return file.attachment.name or _("attachment")


def about_link(target: Target, by: str) -> Confirmation:
    """Where a link leads, by its host in ASCII, and what is odd about it; `by` is who sent it."""
    title = _("Open this page?")
    if target.address.startswith("mailto:"):
        title = _("Write this mail?")
    elif target.address.startswith("tel:"):
        title = _("Call this number?")
    host = [Fact(target.host, Tone.STRONG)] if target.host else []
    doubts = [Fact(words, Tone.WARN) for words in target.doubts.values()]
    return Confirmation(
        title,
        (*host, *doubts, Fact(target.address), Fact(by, Tone.DIM)),
        {"enter": "open", **COPY},
        _("Enter opens, y copies, Esc closes"),
    )


def about_refused(link: Link, why: NotOpened, by: str) -> Confirmation:
    """Why a link is not opened."""
    return Confirmation(
        _("This link is not opened"),
        (Fact(str(why), Tone.WARN), Fact(link.text), Fact(by, Tone.DIM)),
        COPY,
        _("y copies, Esc closes"),
    )


def about_large(file: File, size: str, by: str) -> Confirmation:
    """It has so many bytes that the agent is asked first."""
    return Confirmation(
        _("Fetch {name}?").format(name=name_of(file)),
        (Fact(_("It is large: {size}.").format(size=size), Tone.WARN), Fact(by, Tone.DIM)),
        {"enter": "fetch"},
        _("Enter fetches, Esc closes"),
    )


def about_coming(file: File, progress: Progress) -> Confirmation:
    """How far a file has come."""
    size = progress.size if progress.size is not None else file.attachment.size
    words = _("{received} have come.").format(received=size_words(progress.received))
    if size is not None:
        words = _("{received} of {size} have come.").format(
            received=size_words(progress.received), size=size_words(size)
        )
    title = _("Fetching {name} …").format(name=name_of(file))
    return Confirmation(title, (Fact(words),), {}, _("Esc gives up"))


def about_saved(file: File, saved: Saved, by: str) -> Confirmation:
    """What a file is, before it is opened; or why it is only saved."""
    verdict = saved.verdict
    suffix = f".{verdict.suffix}" if verdict.suffix else _("none")
    facts = (
        Fact(saved.path.name, Tone.STRONG),
        *(Fact(reason, Tone.WARN) for reason in verdict.reasons),
        Fact(_("Content: {kind}").format(kind=verdict.title)),
        Fact(_("Suffix: {suffix}").format(suffix=suffix)),
        *_sizes(file.attachment.size, saved.size),
        Fact(by, Tone.DIM),
        Fact(str(saved.path.parent), Tone.DIM),
    )
    if not verdict.opens:
        keys, hint = {**COPY, "enter": "keep"}, _("y copies where it is, Esc closes")
        return Confirmation(_("Saved, not opened"), facts, keys, hint)
    hint = _("Enter opens, y copies where it is, Esc closes")
    return Confirmation(_("Saved. Open it?"), facts, {**COPY, "enter": "open"}, hint)


def _sizes(announced: int | None, counted: int) -> tuple[Fact, ...]:
    size = Fact(_("Size: {size}").format(size=size_words(counted)))
    if announced in {None, counted}:
        return (size,)
    words = _("The message announced {size}.")
    return size, Fact(words.format(size=size_words(announced or 0)), Tone.WARN)
