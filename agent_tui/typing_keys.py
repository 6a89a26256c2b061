"""What a key asks for while words are being typed: the one table of it.

The registry (`agent_tui.commands`) shows it, the composer acts by it.
"""

from __future__ import annotations

from collections.abc import Mapping

BY_COMMAND: Mapping[str, tuple[str, ...]] = {
    "send": ("ctrl+s", "alt+enter", "ctrl+enter"),
    "leave": ("escape",),
    "canned": ("ctrl+r",),
    "switch-mode": ("ctrl+t",),
    "next-blank": ("tab",),
    "previous-blank": ("shift+tab",),
    "send-snooze": ("f8",),
    "send-resolve": ("f9",),
    "new-line": ("enter", "ctrl+j", "shift+enter"),
}
"""The keys of each command that acts while typing, by its id; the first one is shown."""


def keys_of(command: str, send_key: str = "") -> tuple[str, ...]:
    """The keys of a command where the agent has chosen to send with `send_key`: hers first.

    A key that sends does nothing else; without a choice all is as in the table.
    """
    keys = BY_COMMAND[command]
    if command == "send" and send_key:
        return (send_key, *(key for key in keys if key != send_key))
    return tuple(key for key in keys if key != send_key)


def by_key(send_key: str = "") -> dict[str, str]:
    """Which command each key asks for."""
    return {key: command for command in BY_COMMAND for key in keys_of(command, send_key)}
