"""Calls that may hang, in threads that nothing waits for.

An event loop's own pool of threads is joined when the loop ends, and again when the interpreter
does: a name server that does not answer would hold the program open after its last word.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def apart(call: Callable[[], T], name: str) -> T:
    """What `call` returns or raises; it runs in a thread called `name`.

    Whoever stops waiting leaves it behind: it ends when it ends, or with the process.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def done(result: T) -> None:
        if not outcome.done():
            outcome.set_result(result)

    def failed(error: BaseException) -> None:
        if not outcome.done():
            outcome.set_exception(error)

    def run() -> None:
        try:
            result = call()
        except BaseException as error:  # handed to whoever waits
            told, value = failed, error
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(told, value)
        else:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(done, result)

    threading.Thread(target=run, name=name, daemon=True).start()
    return await outcome
