"""What a form of our own pages posts."""

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

Handler = Callable[[Request], Awaitable[Response]]
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def own(handle: Handler) -> Handler:
    """For this machine and its own pages only: behind it is a token that may write."""

    async def guarded(request: Request) -> Response:
        host, origin = request.headers.get("host", ""), request.headers.get("origin")
        if urlsplit(f"//{host}").hostname not in LOOPBACK or origin not in (None, f"http://{host}"):
            return PlainTextResponse("only pages of this address may do that", 403)
        return await handle(request)

    return guarded


async def fields(request: Request) -> dict[str, str]:
    text = (await request.body()).decode(errors="replace")
    return {name: value.strip() for name, value in parse_qsl(text, keep_blank_values=True)}


async def go_above(request: Request) -> Response:
    """For who reads anew a page that a form's refusal, or its answer, was shown at."""
    return go_to(request.url.path.rpartition("/")[0])


def go_to(path: str) -> Response:
    return RedirectResponse(path, 303)
