"""The mock desk in a process of its own: it can be stopped, killed and told what to do, and what it
does costs the console no time.

The process answers each line of JSON on its standard input with a line on its standard output.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[1]


@dataclass
class FarDesk:
    """A desk somewhere else. `options` are those of `MockOptions`; in a `with` it listens."""

    options: dict[str, Any] = field(default_factory=dict)
    links: int = 64
    """How many consoles it takes."""
    keep: int = 10_000
    """How many events it keeps for those who come back."""
    port: int = 0
    token: str = "far-desk-token"
    process: subprocess.Popen[str] | None = None
    _one_asks: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """Where a console connects to."""
        return f"ws://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        if self.process is None:
            self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Open it, on the port it had."""
        options = {"rate": 0, **self.options, "port": self.port, "token": self.token}
        order = json.dumps({"options": options, "links": self.links, "keep": self.keep})
        path = os.pathsep.join((str(ROOT), str(ROOT / "tests")))
        self.process = subprocess.Popen(
            [sys.executable, __file__, order],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )
        self.port = int(self._answer()["port"])

    def kill(self) -> None:
        """As `kill -9`."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                assert pipe is not None
                pipe.close()

    def stop(self, *, on: bool = True) -> None:
        """SIGSTOP: it stands still, and its connections stay open; SIGCONT with `on=False`."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGSTOP if on else signal.SIGCONT)

    def tell(self, do: str, **more: Any) -> dict[str, Any]:
        """Have it do something; its answer, once that is done."""
        with self._one_asks:
            assert self.process is not None and self.process.stdin is not None
            self.process.stdin.write(json.dumps({"do": do, **more}) + "\n")
            self.process.stdin.flush()
            return self._answer()

    def say(self, count: int) -> int:
        """Customers write so many messages, an event each; where the stream stands then."""
        return int(self.tell("say", count=count)["seq"])

    def fault(self, name: str, **given: Any) -> None:
        """Something goes wrong there: see docs/mock-desk.md."""
        self.tell("fault", name=name, given=given)

    def _answer(self) -> dict[str, Any]:
        assert self.process is not None and self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the far desk has ended: {self.process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer


async def _serve(order: dict[str, Any]) -> None:
    from agent_tui.backends.mock import server as module  # noqa: PLC0415 - only in that process
    from agent_tui.backends.mock.options import MockOptions  # noqa: PLC0415
    from agent_tui.clock import SystemClock  # noqa: PLC0415

    module.MAX_LINKS = order["links"]
    desk = module.DeskServer(MockOptions(**order["options"]), SystemClock())
    await desk.start()
    desk.floor.stream.keep = order["keep"]
    told: dict[str, Any] = {"port": desk.port}
    while True:
        print(json.dumps({"seq": desk.world.seq, **told}), flush=True)  # noqa: T201 - its answer
        line = await asyncio.to_thread(sys.stdin.readline)
        if not line:
            os._exit(0)
        told = _do(desk, json.loads(line))


def _do(desk: Any, asked: dict[str, Any]) -> dict[str, Any]:
    match asked["do"]:
        case "say":
            clock, floor, world = desk.clock, desk.floor, desk.world
            still = [c.id for c in world.conversations.values() if c.status == "open"]
            for number, conv in enumerate(islice(cycle(still), asked["count"])):
                floor.publish(world.customer_writes(conv, f"Where is it? {number}", clock.now()))
        case "fault":
            desk.faults.set(asked["name"], **asked["given"])
        case "clear":
            desk.faults.clear()
        case "agents":
            return {"agents": list(desk.agents)}
        case "links":
            return {"links": len(desk.floor.links)}
    return {"seq": desk.world.seq}


if __name__ == "__main__":
    asyncio.run(_serve(json.loads(sys.argv[1])))
