"""Who gets an answer: this machine's own pages that know the token, and nobody else."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, parse_qsl, urlencode

from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Nothing but the studio's own files is loaded or run. Styles are inline: they are part of the pages' one shell.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_STRANGER = "Open the address that clarinet studio printed; it holds a token that lets your browser in.\n"


class Guard:
    """Lets requests through to an application, or refuses them.

    A request must name this machine as its host: any other name means that some page made its own name point here
    (DNS rebinding). What another site's page sends carries its origin and is refused, and so is whoever does not have
    the token, such as another user of this machine. The token comes once in the address and is then kept as a cookie
    that no script can read and no other site's page can send.

    Args:
        app: answers what is let through.
        port: the server's.
        token: what a browser has to know; default a new one.

    Attributes:
        open: connections that pages hold open.
    """

    def __init__(self, app: ASGIApp, port: int, token: str | None = None) -> None:
        self._app, self.token = app, token or secrets.token_urlsafe(24)
        self.open = 0
        self._hosts = (f"127.0.0.1:{port}", f"localhost:{port}")
        self._cookie = f"clarinet-{port}"  # cookies are shared by all ports of a host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; see the ASGI specification."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        refusal = self._refusal(scope, headers)
        arrives = not refusal and scope["type"] == "http" and self._brings_token(scope)
        if not refusal and not arrives and not self._knows_token(headers):
            refusal = _STRANGER
        if scope["type"] == "websocket":
            if refusal:
                await send({"type": "websocket.close", "code": 1008})  # before it is accepted: an answer of 403
            else:
                self.open += 1
                try:
                    await self._app(scope, receive, send)
                finally:
                    self.open -= 1
            return
        app = PlainTextResponse(refusal, 403) if refusal else self._welcome(scope) if arrives else self._app
        await app(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope, headers: Mapping[str, str]) -> str:
        """Why a request gets no answer; empty if it may."""
        if headers.get("host", "") not in self._hosts:
            return "The studio answers browsers on its own machine alone.\n"
        origin = headers.get("origin")
        must_say = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD")
        if (origin is None and must_say) or (origin is not None and origin not in self._origins()):
            return "The studio answers its own pages alone.\n"
        return ""

    def _origins(self) -> tuple[str, ...]:
        return tuple(f"http://{host}" for host in self._hosts)

    def _brings_token(self, scope: Scope) -> bool:
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])
        return scope["method"] == "GET" and self._is_token(given[0])

    def _knows_token(self, headers: Mapping[str, str]) -> bool:
        try:
            cookies = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return False
        return self._cookie in cookies and self._is_token(cookies[self._cookie].value)

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self.token.encode())

    def _welcome(self, scope: Scope) -> ASGIApp:
        """To the same page without the token, which so is in no history and no link that is copied."""
        given = parse_qsl(scope["query_string"].decode("latin-1"))
        rest = urlencode([(name, value) for name, value in given if name != "token"])
        answer = RedirectResponse("/" + scope["path"].lstrip("/\\") + f"?{rest}" * bool(rest), 303)
        answer.set_cookie(self._cookie, self.token, httponly=True, samesite="strict")
        return answer


def _with_headers(send: Send) -> Send:
    """The same, with the security headers in every answer."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            extra = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
            message = {**message, "headers": [*message.get("headers", []), *extra]}
        await send(message)

    return sent
