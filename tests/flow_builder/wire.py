"""A server of raw sockets that misbehaves as it is told, one connection at a time."""

import socket
import ssl
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from time import sleep

CHUNK = b"x" * 16_384
MOST_CHUNKS = 2_000  # 32 MB: a stop for what would be endless


@dataclass
class FaultServer:
    """``requests``: what was read; ``sent``: bytes of endless answers that were taken off our hands."""

    url: str
    requests: list[bytes] = field(default_factory=list)
    sent: int = 0


def read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65_536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


@dataclass(frozen=True)
class Answer:
    """Sends the pieces (a number: waits so long), then ``endless`` for as long as it is taken, and closes."""

    pieces: Sequence[bytes | float] = ()
    endless: bytes = b""
    reads: bool = True  # the request
    resets: bool = False


@contextmanager
def fault_server(answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[FaultServer]:
    listener = socket.create_server(("127.0.0.1", 0))
    scheme = "https" if tls else "http"
    server = FaultServer(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/trigger")

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, suppress(OSError):
                    secured = tls.wrap_socket(connection, server_side=True) if tls else connection
                    handle(server, answer, secured)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def handle(server: FaultServer, answer: Answer, connection: socket.socket) -> None:
    if answer.reads:
        server.requests.append(read_request(connection))
    for piece in answer.pieces:
        sleep(piece) if isinstance(piece, float) else connection.sendall(piece)
    for _ in range(MOST_CHUNKS if answer.endless else 0):
        connection.sendall(answer.endless)
        server.sent += len(answer.endless)
    if answer.resets:  # closed with RST rather than FIN
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
