"""Calls that end. An HTTP client's timeouts are per read: a host that drips bytes would be waited for as long as it
likes, and one that never answers for longer than the caller has."""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from contextvars import ContextVar
from ssl import SSLContext
from typing import Any

import httpcore
import httpx

from pipelines.servicetitan.api.errors import TransientError, Unavailable
from pipelines.servicetitan.api.responses import ambiguous
from pipelines.servicetitan.api.retry import Bounds, RetryPolicy
from pipelines.tls import trusted

Left = Callable[[], float]  # seconds
A_DAY = 86_400.0  # sockets take no infinite timeout
LOOK = 0.25  # seconds between two looks whether anybody still waits
CONNECT_SECONDS = 10
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
ENCODED = {"content-encoding", "content-length", "transfer-encoding"}
_left: ContextVar[Left] = ContextVar("left", default=lambda: math.inf)


def http_client(transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """``trust_env`` off, so that no proxy or netrc of the machine sees a token."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=30)
    return httpx.Client(trust_env=False, transport=transport or BoundedTransport(limits))


def exchange(
    http: httpx.Client, request: httpx.Request, retry: RetryPolicy, bounds: Bounds, writing: bool = False
) -> httpx.Response:
    """One request and its answer. Raises `TransientError`, and `OutcomeUnknown` of a write that may have arrived."""
    ends = retry.monotonic() + retry.timeout

    def left() -> float:
        return min(ends - retry.monotonic(), bounds.seconds)

    connect = min(CONNECT_SECONDS, retry.timeout)
    request.extensions["timeout"] = httpx.Timeout(retry.timeout, connect=connect).as_dict()
    try:
        with bounded(left), closing(http.send(request, stream=True)) as stream:
            body = b"".join(_until(left, retry.timeout, stream.iter_bytes()))
    except httpx.RequestError as error:
        name = type(error).__name__
        what = f"{name}: {error}"
        if isinstance(error, NEVER_SENT):
            raise TransientError(what, Unavailable(f"ServiceTitan cannot be reached ({name})")) from None
        raise ambiguous(what, f"the answer was lost ({name})", writing) from None
    plain = {name: value for name, value in stream.headers.items() if name not in ENCODED}
    return httpx.Response(stream.status_code, headers=plain, content=body)


def _until(left: Left, seconds: float, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """A body that drips must end, whatever transport it comes by."""
    for chunk in chunks:
        if left() <= 0:
            raise httpx.ReadTimeout(f"the body was not all there after {seconds:.0f} s")
        yield chunk


@contextmanager
def bounded(left: Left) -> Iterator[None]:
    """Whatever this thread reads and writes through a `BoundedTransport` ends when nothing is left."""
    token = _left.set(left)
    try:
        yield
    finally:
        _left.reset(token)


class BoundedTransport(httpx.HTTPTransport):
    def __init__(self, limits: httpx.Limits) -> None:
        super().__init__(verify=trusted(), trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=trusted(),
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=_Backend(),
        )


class _Backend(httpcore.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        seconds = within(timeout, httpcore.ConnectTimeout)
        return _Stream(super().connect_tcp(host, port, seconds, local_address, socket_options))


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self.close, self.get_extra_info = stream.close, stream.get_extra_info  # type: ignore[method-assign]

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        ends = math.inf if timeout is None else time.monotonic() + timeout
        while True:
            seconds = within(ends - time.monotonic(), httpcore.ReadTimeout)
            try:
                return self._stream.read(max_bytes, min(seconds, LOOK))
            except httpcore.ReadTimeout:
                continue

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, within(timeout, httpcore.WriteTimeout))

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        seconds = within(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, seconds))


def within(timeout: float | None, late: type[Exception]) -> float:
    seconds = min(math.inf if timeout is None else timeout, _left.get()(), A_DAY)
    if seconds <= 0:
        raise late("no time is left")
    return seconds
