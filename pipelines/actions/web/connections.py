"""Connections to the API: a request that does not arrive is not waited for.

uvicorn bounds only the time between two requests, so that heads and bodies that drip, or never come, would hold every
file that this process may open.
"""

from asyncio import TimerHandle
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD = 64 * 1024  # bytes


class PatientConnection(HttpToolsProtocol):
    arrival: ClassVar[float] = 30  # seconds for a whole request; longer than `bodies.SECONDS`: the sender is told then
    most_empty: ClassVar[int] = 512  # without a whole request; a process may open 1024 files by default
    empty: ClassVar[dict["PatientConnection", None]] = {}  # the longest one first: it must go where they are too many

    def connection_made(self, transport: Any) -> None:
        self._due: TimerHandle | None = None
        self._head: int | None = 0  # bytes of it so far; None once it is all there
        super().connection_made(transport)
        self._expect()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect()

    def on_headers_complete(self) -> None:
        self._head = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._expect_nothing()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._due is None and not self.pipeline:
            self._enter()  # its time is uvicorn's to keep

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect_nothing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._head is not None and self._head > MAX_HEAD:
            self.send_400_response("The head of the request is too large.")
            return
        if self._head is not None:
            self._head += len(data)
        super().data_received(data)

    def _expect(self) -> None:
        self._expect_nothing()
        self._head = 0
        self._due = self.loop.call_later(self.arrival, self._give_up)
        self._enter()

    def _enter(self) -> None:
        self.empty[self] = None
        if len(self.empty) > self.most_empty:
            next(iter(self.empty))._give_up()

    def _expect_nothing(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None
        self.empty.pop(self, None)

    def _give_up(self) -> None:
        self._expect_nothing()
        if not self.pipeline:  # else a request before this one is worked on
            self.transport.close()
