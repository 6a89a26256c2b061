"""What the input wall tells the program, as the framework's events."""

from __future__ import annotations

from textual import events


class PastedText(events.Paste):
    """Text that was pasted, with what the input wall knows of it."""

    def __init__(self, text: str, whole: int = 0, *, keys: bool = False) -> None:
        """`whole` is how many characters there were before any were left out; `keys`: some came
        along that were not pressed."""
        super().__init__(text)
        self.whole = max(whole, len(text))
        self.keys = keys


PastedText.handler_name = events.Paste.handler_name  # it is handled like any paste
