"""The log: off unless it is asked for; one JSON object a line, with no customer's words in it.

What happened is a literal of the source with numbers, never a text that came from anywhere. Of
the libraries only warnings are heard, and of those only words that stand in their own source: at
DEBUG they would write headers, and with them the token.
"""

from __future__ import annotations

import json
import logging
import os
import stat
import sys
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import IO, Final

from agent_tui.crash import stands_in_source, told
from agent_tui.credentials.redaction import redact
from agent_tui.i18n import _
from agent_tui.private_file import open_private
from agent_tui.sanitise import plain_line

Fact = int | float | bool | Enum | None
"""What may be told of an event. A text is none: it may be somebody's."""

MOST_BYTES: Final = 8 * 1024 * 1024
"""Size at which the log begins anew; the one before is kept as ``FILE.1``."""

LOG: Final = logging.getLogger("agent_tui")
_LIBRARIES: Final = ("asyncio", "httpcore", "httpx", "keyring", "textual", "websockets")


class LogError(Exception):
    """The log cannot be written there; the message is one line that says why."""


def quiet_libraries() -> None:
    """Let no library write on the screen, or tell anything below a warning."""
    logging.lastResort = None
    logging.raiseExceptions = False
    logging.captureWarnings(True)
    root = logging.getLogger()
    if not any(isinstance(handler, logging.NullHandler) for handler in root.handlers):
        root.addHandler(logging.NullHandler())
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)


def open_log(path: Path) -> None:
    """Write the log to `path` from now on. Raises `LogError`."""
    from logging.handlers import RotatingFileHandler  # noqa: PLC0415 - late: heavy

    class Kept(RotatingFileHandler):
        def _open(self) -> IO[str]:  # type: ignore[override] # the base promises too much
            return os.fdopen(_log_handle(Path(self.baseFilename)), "a", encoding="utf-8")

        def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - its name
            """A full disk is no reason to end, and nothing to show here."""

    try:
        handler = Kept(path, maxBytes=MOST_BYTES, backupCount=1)
    except OSError as error:
        words = _("the log {file} cannot be written: {reason}")
        reason = error.strerror or type(error).__name__
        raise LogError(words.format(file=path, reason=reason)) from None
    handler.setFormatter(_Lines())
    handler.addFilter(_worth_it)
    logging.getLogger().addHandler(handler)
    LOG.setLevel(logging.INFO)


def note(event: str, error: BaseException | None = None, **facts: Fact) -> None:
    """Tell the log, if there is one, that `event` (a literal) happened."""
    if LOG.isEnabledFor(logging.INFO):
        LOG.info(event, extra={"facts": facts, "mistake": error})


def _log_handle(path: Path) -> int:
    handle = open_private(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK)
    facts = os.fstat(handle)
    if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.getuid() or facts.st_mode & 0o077:
        os.close(handle)
        raise PermissionError(0, _("it must be a file of your own that nobody else can read"))
    return handle


def _worth_it(record: logging.LogRecord) -> bool:
    return record.name.split(".")[0] == LOG.name or record.levelno >= logging.WARNING


class _Lines(logging.Formatter):
    """A record as one line of JSON in ASCII, so that nothing in it can look like another line."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, object] = {
            "at": at.isoformat(timespec="milliseconds"),
            "process": record.process,
            "thread": redact(plain_line(record.threadName or "")),
            "level": record.levelname,
            "from": record.name,
            "event": _event(record),
        }
        facts: dict[str, Fact] = getattr(record, "facts", {})
        line |= {name: _shown(fact) for name, fact in facts.items()}
        error = getattr(record, "mistake", None) or (record.exc_info and record.exc_info[1])
        if isinstance(error, BaseException):
            line["error"] = [redact(plain_line(words)) for words in told(error)]
        return json.dumps(line)


def _event(record: logging.LogRecord) -> str:
    """The words of the record, without what was filled in, if they stand in the source."""
    words = record.msg
    known = getattr(record, "facts", None) is not None
    if not isinstance(words, str):
        return "(left out)"
    if known or stands_in_source(words, record.pathname, record.lineno, sys._getframe()):
        return redact(plain_line(words))
    return "(left out)"


def _shown(fact: Fact) -> object:
    return fact.name if isinstance(fact, Enum) else fact if isinstance(fact, int | float) else None
