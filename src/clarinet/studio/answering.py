"""What all rooms' answers share: JSON of numbers that may not be finite, limits, refusals in words."""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket

from clarinet.studio.words import Refusal, _, told

#: Bytes of a message that is no upload.
MOST_BYTES = 64_000

Answer = Callable[[Request], Awaitable[Response]]


def plain(value: object) -> object:
    """The same for JSON, which has no word for numbers that are not finite: they become None.

    Example:
        >>> plain({"loss": [1.0, float("nan")]})
        {'loss': [1.0, None]}
    """
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, (list, tuple)) else value


def as_json(value: object) -> Response:
    """An answer of JSON."""
    return JSONResponse(plain(value))


def in_words(answer: Answer) -> Answer:
    """The same, which answers what cannot be done with why, as :func:`~clarinet.studio.words.told`."""

    @wraps(answer)
    async def careful(request: Request) -> Response:
        try:
            return await answer(request)
        except (ValueError, TypeError, OSError) as error:
            return JSONResponse(plain(told(error)), 400)

    return careful


async def body_of(request: Request, most: int = MOST_BYTES) -> bytes:
    """What a request brings.

    Raises:
        ValueError: more than is allowed.
    """
    parts, size = [], 0
    async for part in request.stream():
        parts.append(part)
        size += len(part)
        if size > most:
            raise Refusal(_("this is too large: up to {most} bytes can be sent"), most=f"{most:,}")
    return b"".join(parts)


async def settings_of(request: Request) -> dict[str, object]:
    """The JSON object that a request brings.

    Raises:
        ValueError: something else, or too much.
    """
    return parsed(await body_of(request))


def parsed(text: str | bytes) -> dict[str, object]:
    """A JSON object.

    Raises:
        ValueError: something else.
    """
    try:
        found = json.loads(text)
    except RecursionError:
        found = None
    if not isinstance(found, dict):
        raise Refusal(_("expected a JSON object"))
    return found


async def until_closed(socket: WebSocket) -> None:
    """Wait until the page closes the connection; it has nothing to say here."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
