"""What faults do to the desk as a whole and to its lines at once."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
from collections.abc import Callable, Iterable, Iterator

from agent_tui.backends.mock.faults.asking import Order
from agent_tui.backends.mock.faults.kinds import (
    Drop,
    Epoch,
    Expire,
    Goodbye,
    HalfOpen,
    Kill,
    Refuse,
    Renew,
    Restart,
    Revoke,
    TokenLife,
)
from agent_tui.backends.mock.faults.live import Faults
from agent_tui.backends.mock.floor import Floor
from agent_tui.backends.mock.link import Goodbye as Farewell
from agent_tui.backends.mock.link import Link
from agent_tui.backends.mock.token_life import TokenLife as Tokens
from agent_tui.i18n import _

LAST_BREATH = 0.05
"""Seconds between the order to die and the death, so that whoever gave it hears of it."""


class DeskHands:
    """Carries faults out on the floors of one desk."""

    def __init__(self, floors: Callable[[], Iterable[Floor]], tokens: Tokens) -> None:
        self._floors = floors
        self._tokens = tokens
        self.faults: Faults | None = None
        """Set by whoever makes both."""

    def happen(self, order: Order, nth: int) -> None:
        """See `live.Hands`."""
        match order.fault:
            case Drop(share=share):
                self._drop(order, share, nth)
            case Goodbye(code=code, reconnect_after=after):
                self._farewell(order, Farewell(code, _said(code), reconnect_after=after))
            case Restart(down=down):
                self._restart(order, down)
            case Epoch():
                self._new_epoch(order)
            case Kill():
                asyncio.get_running_loop().call_later(
                    LAST_BREATH, os.kill, os.getpid(), signal.SIGKILL
                )
            case TokenLife(seconds=seconds):
                self._tokens.live(seconds or None)
            case Expire():
                self._tokens.expire()
                self._show_out()
            case Revoke():
                self._tokens.revoke()
                self._show_out()
            case Renew():
                self._tokens.renew()

    def begin(self, order: Order) -> None:
        """See `live.Hands`."""
        if isinstance(order.fault, HalfOpen):
            for link in self._links(order):
                link.freeze()

    def end(self, order: Order) -> None:
        """See `live.Hands`."""
        if isinstance(order.fault, HalfOpen):
            for link in self._links(order):
                if link.frozen:
                    link.cut()

    def _links(self, order: Order) -> Iterator[Link]:
        """The lines that an order is about."""
        for floor in self._floors():
            for link in tuple(floor.links):
                if order.agent in (None, link.agent):
                    yield link

    def _show_out(self) -> None:
        """Let those whose token is good no longer hear of it at once."""
        for floor in self._floors():
            floor.publish(())

    def _drop(self, order: Order, share: float, nth: int) -> None:
        for link in self._links(order):
            mishaps = link.mishaps
            if mishaps is None or mishaps.faults.draw(mishaps.name, nth).hits("drop", share):
                link.cut()

    def _farewell(self, order: Order, farewell: Farewell) -> None:
        for link in self._links(order):
            link.end(farewell)

    def _restart(self, order: Order, down: float) -> None:
        words = _("The desk restarts.")
        self._farewell(order, Farewell(1012, words, reconnect_after=down))
        if self.faults is not None and down > 0:
            self.faults.order(Order(Refuse(503, retry_after=down), seconds=down))

    def _new_epoch(self, order: Order) -> None:
        for floor in self._floors():
            floor.world.epoch = f"e{secrets.token_hex(6)}"
        words = _("The desk has lost its thread.")
        self._farewell(order, Farewell(1012, words, reconnect_after=0))


def _said(code: int) -> str:
    return _("Closed with {code}, as somebody asked for.").format(code=code)
