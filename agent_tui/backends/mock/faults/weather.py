"""All that can go wrong with one desk, in one hand: its faults, and the life of its tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from email.utils import format_datetime

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Response

from agent_tui.backends.mock.faults.asking import FaultError
from agent_tui.backends.mock.faults.hands import DeskHands
from agent_tui.backends.mock.faults.kinds import Hang, Refuse, SlowClose
from agent_tui.backends.mock.faults.live import Faults
from agent_tui.backends.mock.faults.mishaps import Mishaps
from agent_tui.backends.mock.faults.plan import FaultPlan
from agent_tui.backends.mock.floor import Floor
from agent_tui.backends.mock.identities import Register
from agent_tui.backends.mock.link import Link
from agent_tui.backends.mock.options import MockError, MockOptions
from agent_tui.backends.mock.token_life import TokenLife
from agent_tui.backends.mock.wire import Json
from agent_tui.clock import Clock
from agent_tui.i18n import _


class Weather:
    """What a server asks about faults."""

    def __init__(
        self,
        options: MockOptions,
        clock: Clock,
        register: Register,
        token: str,
        floors: Callable[[], Iterable[Floor]],
    ) -> None:
        self._clock = clock
        self._floors = floors
        self.tokens = TokenLife(register, token, clock, options.token_life, options.token_file)
        hands = DeskHands(floors, self.tokens)
        self.faults = Faults(clock, options.faults or FaultPlan(), options.seed, hands)
        hands.faults = self.faults
        self.tokens.stir = self.faults.stir

    # ── time ────────────────────────────────────────────────────────────────────────

    def begin(self) -> None:
        """The day begins. Raises `MockError` for a script or a token file that cannot be used."""
        try:
            self.faults.begin()
        except FaultError as error:
            raise MockError(_("The script of faults: {why}.").format(why=error)) from None
        self.tokens.begin()

    def tend(self) -> None:
        """Let happen what is due at the clock's present moment."""
        self.faults.tick()
        self.tokens.tick(self._floors())

    async def run(self) -> None:
        """Tend to everything as time passes; never ends."""
        while True:
            self.tend()
            moments = (self.faults.next_due(), self.tokens.next_due(self._floors()))
            await self.faults.changes(
                min((one for one in moments if one is not None), default=None)
            )

    # ── one line ────────────────────────────────────────────────────────────────────

    def over(self, agent: str) -> Mishaps:
        """What befalls a new line of `agent`."""
        self.faults.stir()  # the token of the new line may end before any other
        return Mishaps(self.faults, agent)

    async def at_the_door(self, connection: ServerConnection) -> Response | None:
        """The answer to whoever may not come in; None: she may, as far as faults go."""
        while any(isinstance(toxic, Hang) for toxic in self.faults.toxics(None)):
            await self.faults.changes()
        for toxic in self.faults.toxics(None):
            if isinstance(toxic, Refuse):
                return self._refused(connection, toxic)
        return None

    def _refused(self, connection: ServerConnection, refuse: Refuse) -> Response:
        response = connection.respond(refuse.status, _("This desk lets nobody in just now.\n"))
        now = self._clock.now()
        del response.headers["Date"]  # it was the machine's; a date in it must fit the desk's
        response.headers["Date"] = format_datetime(now, usegmt=True)
        if refuse.retry_after:
            after = f"{refuse.retry_after:.0f}"
            if refuse.form == "date":
                moment = now + timedelta(seconds=refuse.retry_after)
                after = format_datetime(moment, usegmt=True)
            response.headers["Retry-After"] = after
        return response

    async def instead(self, floor: Floor, link: Link, frame: Json) -> tuple[Json, ...] | None:
        """What to answer to a frame without the floor hearing of it; None: let it hear.

        Takes as long as the faults want. Raises `Goodbye` when the line has to end.
        """
        refused = await link.heard(frame)
        if refused is not None:
            return (refused,)
        if frame.get("frame") == "auth":
            answer = self.tokens.renewal(floor, link, frame)
            return () if answer is None else (answer,)
        return None

    @property
    def slow_close(self) -> float:
        """Seconds between a goodbye and the close."""
        toxics = self.faults.toxics(None)
        return sum(toxic.ms / 1000 for toxic in toxics if isinstance(toxic, SlowClose))
