"""Attachments of our desk: docs/protocol.md §8 from the client's side.

One request to the desk's own address with the agent's token. Nothing is followed elsewhere, nothing
is unpacked, and what stands still for a minute is given up.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from agent_tui.backends.base import CannotFetch
from agent_tui.backends.desk.dialling import BadCaFile, trusting
from agent_tui.backends.desk.proxies import proxy_for
from agent_tui.credentials.secret import Secret
from agent_tui.i18n import _
from agent_tui.model import AttachmentId, SafeText
from agent_tui.sanitise import plain_line

if TYPE_CHECKING:
    import httpx

CONNECT_WITHIN: Final = 10.0
"""Seconds until there is a connection."""
STALLED_AFTER: Final = 60.0
"""Seconds without a byte."""
CHUNK: Final = 65_536
"""Bytes at a time."""
_REFUSED: Final = (OSError, ValueError, ImportError, BadCaFile)
"""What a way that cannot be taken raises: an address, a proxy or certificates that are none."""


@dataclass(frozen=True, slots=True)
class HttpDownload:
    """An answer of the desk whose head has come; see `Download`."""

    origin: str
    mime: str
    size: int | None
    _response: httpx.Response

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes as they come, at most `CHUNK` at a time."""
        import httpx  # noqa: PLC0415 - late: heavy

        try:
            async for chunk in self._response.aiter_raw(CHUNK):
                yield chunk
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            raise CannotFetch(_broken(error)) from error


@asynccontextmanager
async def download(
    url: str, token: Secret, attachment: AttachmentId, ca_file: Path | None = None
) -> AsyncIterator[HttpDownload]:
    """The bytes of an attachment of the desk at the websocket address `url`.

    `ca_file` is as for the websocket (`dialling.trusting`). Raises `CannotFetch` with words.
    """
    import httpx  # noqa: PLC0415 - late: heavy

    async with AsyncExitStack() as stack:
        try:
            origin = _origin(url, attachment)
            client = await stack.enter_async_context(_client(url, ca_file))
            asked = client.stream("GET", origin, headers=_headers(token))
            response = await stack.enter_async_context(asked)
        except (httpx.HTTPError, httpx.InvalidURL, *_REFUSED) as error:
            raise CannotFetch(_broken(error)) from error
        _check(response)
        yield HttpDownload(origin, *_described(response), response)


def _origin(url: str, attachment: AttachmentId) -> str:
    """Where the desk has an attachment. Raises ValueError for what is no address of a desk."""
    parts = urlsplit(url)
    scheme = "https" if parts.scheme == "wss" else "http"
    place = parts.netloc.rpartition("@")[2]
    return f"{scheme}://{place}/attachments/{quote(attachment, safe='')}"


def _headers(token: Secret) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {token.reveal()}",
        "Accept-Encoding": "identity",
        "User-Agent": "agent-tui",
    }


def _client(url: str, ca_file: Path | None) -> httpx.AsyncClient:
    """A client for one request, on the way the websocket takes: no redirects, no cookies kept, no
    passwords from elsewhere."""
    import httpx  # noqa: PLC0415 - late: heavy

    proxy = proxy_for(url)
    return httpx.AsyncClient(
        timeout=httpx.Timeout(STALLED_AFTER, connect=CONNECT_WITHIN),
        follow_redirects=False,
        trust_env=False,
        proxy=None if proxy is None else proxy.url,
        verify=trusting(ca_file) if url.startswith("wss:") else True,
    )


def _check(response: httpx.Response) -> None:
    match response.status_code:
        case 200:
            if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise CannotFetch(plain_line(_("the desk sent it packed, which was not asked for")))
        case 401 | 403:
            raise CannotFetch(plain_line(_("the desk does not give it to you")))
        case 404 | 410:
            raise CannotFetch(plain_line(_("the desk does not have it any more")))
        case status:
            words = _("the desk answered HTTP {status}; try again later")
            raise CannotFetch(plain_line(words.format(status=status)))


def _described(response: httpx.Response) -> tuple[str, int | None]:
    """What the desk says the bytes are, and how many."""
    length = response.headers.get("Content-Length", "")
    known = length.isascii() and length.isdigit() and len(length) < 16
    return response.headers.get("Content-Type", ""), int(length) if known else None


def _broken(error: Exception) -> SafeText:
    """Why it ended, in words; never with the request, which holds the token."""
    import httpx  # noqa: PLC0415 - late: heavy

    match error:
        case httpx.ConnectTimeout() | httpx.ConnectError():
            words = _("the desk cannot be reached; try again when it is back")
        case httpx.TimeoutException():
            words = _("nothing more came from the desk for a minute; try again")
        case httpx.RemoteProtocolError():
            words = _("the desk broke off in the middle; try again")
        case _:
            reason = plain_line(error)
            words = _("it could not be fetched ({reason})").format(reason=reason)
    return plain_line(words)
