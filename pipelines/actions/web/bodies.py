"""A request's body, whole and in bounded time, or not at all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request
from starlette.types import Message, Receive

from pipelines.actions.web.problems import Problem

MAX_BYTES = 64 * 1024
SECONDS = 20
MAX_UNVOUCHED = 256  # bodies on their way at once from senders whom nothing vouches for yet: 16 MB


class Bodies:
    """Where too many are on their way, the one that has taken longest makes room: a sender's who has it all at hand is
    there at once and is never that one."""

    def __init__(self, most_unvouched: int = MAX_UNVOUCHED, seconds: float = SECONDS) -> None:
        self._most, self._seconds = most_unvouched, seconds
        self._unvouched: dict[int, asyncio.Timeout] = {}  # in the order of their beginning

    async def whole(self, request: Request, receive: Receive, vouched: bool) -> bytes:
        """Raises `Problem`."""
        if (length := declared_length(request)) is None or length > MAX_BYTES:
            raise too_large()
        try:
            async with asyncio.timeout(self._seconds) as bound, self._room(bound, vouched):
                return await _read(receive)
        except TimeoutError:
            problem = Problem(
                "too_slow", f"the body was not there after {self._seconds:g} s, or others needed the room"
            )
            problem.headers["connection"] = "close"
            raise problem from None

    @asynccontextmanager
    async def _room(self, bound: asyncio.Timeout, vouched: bool) -> AsyncIterator[None]:
        if vouched:
            yield
            return
        if len(self._unvouched) >= self._most:
            slowest = self._unvouched.pop(next(iter(self._unvouched)))
            if not slowest.expired():
                slowest.reschedule(asyncio.get_running_loop().time())
        self._unvouched[id(bound)] = bound
        try:
            yield
        finally:
            self._unvouched.pop(id(bound), None)


async def _read(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
        if len(body) > MAX_BYTES:
            raise too_large()
    return body


def replay(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return waiting.pop() if waiting else await receive()

    return replayed


def declared_length(request: Request) -> int | None:
    """0 where nothing is said; None for what is no number."""
    length = request.headers.get("content-length", "0")
    return int(length) if length.isdecimal() else None


def is_small(request: Request) -> bool:
    """Its body, so that there is no harm in taking it in unread."""
    length = declared_length(request)
    return length is not None and length <= MAX_BYTES and "transfer-encoding" not in request.headers


def refuse_encoded(request: Request) -> None:
    """Raises `Problem`."""
    if (encoding := request.headers.get("content-encoding", "identity").strip().lower()) not in ("", "identity"):
        raise Problem("unsupported_media_type", f"{encoding} cannot be read: send the body without Content-Encoding")


def too_large() -> Problem:
    return Problem("too_large", f"at most {MAX_BYTES} bytes")
