"""A seat at the mock desk over a real socket, which keeps every frame it got as text."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from agent_tui.backends.mock.floor import MAX_FRAME
from agent_tui.backends.mock.server import DeskServer

Frame = dict[str, Any]
PATIENCE = 20.0
"""Seconds that an answer may take on a machine that others use, too."""


class Seat:
    """A console that does nothing on its own; `texts` is all it ever heard."""

    def __init__(self, link: ClientConnection) -> None:
        self.link = link
        self.texts: list[str] = []
        self.welcome: Frame = {}
        self.code: int | None = None
        """How it was closed; None: it was not."""
        self._asked = 0

    @property
    def frames(self) -> list[Frame]:
        return [json.loads(text) for text in self.texts]

    @property
    def events(self) -> list[Frame]:
        return [frame for frame in self.frames if frame["frame"] == "ev"]

    async def say(self, **frame: Any) -> None:
        await self.link.send(json.dumps(frame))

    async def hear(self) -> Frame:
        async with asyncio.timeout(PATIENCE):
            text = str(await self.link.recv())
        self.texts.append(text)
        frame: Frame = json.loads(text)
        return frame

    async def ask(self, **frame: Any) -> Frame:
        """The answer; `id` is made up where there is none."""
        self._asked += 1
        frame.setdefault("id", f"ask-{self._asked}")
        await self.say(**frame)
        while True:
            answer = await self.hear()
            if answer["frame"] == "res" and answer["id"] == frame["id"]:
                return answer

    async def settle(self) -> None:
        """Hear everything that was on its way."""
        await self.ask(frame="get", what="nothing")

    async def closed(self) -> int:
        """Hear everything to the end; the close code."""
        try:
            while True:
                await self.hear()
        except ConnectionClosed as error:
            self.code = error.rcvd.code if error.rcvd else 1006
            return self.code

    async def greet(self, agent: str, device: str, resume: Frame | None = None) -> None:
        """Say hello, and hear the snapshot if there is one."""
        await self.say(frame="hello", v=1, agent=agent, device=device, resume=resume)
        self.welcome = await self.hear()
        part = {"part": 0, "parts": int(self.welcome.get("mode") == "snapshot")}
        while part["part"] < part["parts"]:
            part = await self.hear()


async def sit_down(
    server: DeskServer,
    token: str,
    agent: str = "ana",
    device: str = "desk",
    resume: Frame | None = None,
) -> Seat:
    """A seat that has been welcomed; `websockets` raises `InvalidStatus` at a closed door."""
    headers = {"Authorization": f"Bearer {token}"}
    link = await connect(
        server.url, additional_headers=headers, proxy=None, max_size=MAX_FRAME, compression=None
    )
    seat = Seat(link)
    await seat.greet(agent, device, resume)
    return seat
