"""Attachments over HTTP: docs/protocol.md §8 from the desk's side."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import unquote

from websockets.datastructures import Headers
from websockets.http11 import Response

from agent_tui.backends.mock.floor import Floor
from agent_tui.backends.mock.identities import Grant
from agent_tui.backends.mock.media import content
from agent_tui.i18n import _

FOLDER = "/attachments/"


def wanted(path: str) -> str | None:
    """The id of the attachment that a request is for; None: it is for something else."""
    return unquote(path.removeprefix(FOLDER)) if path.startswith(FOLDER) else None


def attachment(ident: str, grant: Grant, floors: Mapping[str, Floor]) -> Response:
    """The bytes of an attachment, if there is one for the bearer of `grant`."""
    floor = floors.get(grant.badge.tenant)
    found = None if floor is None else floor.world.files.get(ident)
    if floor is None or found is None:
        return _nothing()
    conversation, kept = found
    if not grant.badge.sees(floor.world.conversations[conversation].channel):
        return _nothing()
    made = content(kept)
    return _response(HTTPStatus.OK, made.mime, made.data)


def _nothing() -> Response:
    """The same answer for what is not there and for what is not there for this bearer."""
    words = _("There is no such attachment at this desk.\n")
    return _response(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", words.encode())


def _response(status: HTTPStatus, mime: str, body: bytes) -> Response:
    headers = Headers(
        {
            "Content-Type": mime,
            "Content-Length": str(len(body)),
            "Content-Disposition": "attachment",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
            "Connection": "close",
        }
    )
    return Response(status.value, status.phrase, headers, body)
