"""Stands between a client and a server on 127.0.0.1, and lets it look ill or far away: each connection is passed on as
it is, or answered 503, or left without an answer."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Literal

How = Literal["well", "unavailable", "silent", "gone"]
UNAVAILABLE = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Between:
    """``how`` the server looks; ``then``: how, after so many connections that were ``seen``; ``then_in``: after so many
    bytes that were ``passed`` to it. ``trips``: how often a client has said something after the server's last word;
    each takes ``delay`` seconds longer."""

    def __init__(self, port: int, delay: float = 0.0) -> None:
        self.to, self.seen, self.passed, self.trips, self.delay = port, 0, 0, 0, delay
        self._heard: set[socket.socket] = set()  # clients to whom the server has said something since
        self._counting = threading.Lock()
        self.how: How = "well"
        self.then: tuple[int, How] | None = None
        self.then_in: tuple[int, How] | None = None
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = int(self._listening.getsockname()[1])
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def be(self, how: How) -> None:
        """From now on, and for whoever is connected."""
        self.how = how
        if how != "silent":
            for one in list(self._open):
                self._close(one)

    def be_later(self, how: How, connections: int) -> None:
        """After so many more."""
        self.then = (self.seen + connections, how)

    def be_within(self, how: How, amount: int) -> None:
        """After so many bytes more."""
        self.then_in = (self.passed + amount, how)

    def close(self) -> None:
        self._listening.close()
        for one in list(self._open):
            self._close(one)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                self.seen += 1
                if self.then and self.seen > self.then[0]:
                    self.how, self.then = self.then[1], None
                self._open.add(client)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError):
            if self.how == "silent":
                return
            if self.how == "unavailable":
                client.recv(65536)
                client.sendall(UNAVAILABLE)
            elif self.how == "well":
                self._pass_on(client)
            self._close(client)

    def _pass_on(self, client: socket.socket) -> None:
        server = socket.create_connection(("127.0.0.1", self.to))
        self._open.add(server)
        self._heard.add(client)
        back = threading.Thread(target=self._pump, args=(server, client), daemon=True)
        back.start()
        self._pump(client, server, to_server=True)
        back.join()
        self._heard.discard(client)

    def _count(self, client: socket.socket, amount: int) -> None:
        self.passed += amount
        if client in self._heard:
            self._heard.discard(client)
            with self._counting:
                self.trips += 1
            if self.delay:
                time.sleep(self.delay)
        if self.then_in and self.passed > self.then_in[0]:
            how, self.then_in = self.then_in[1], None
            self.be(how)

    def _pump(self, source: socket.socket, target: socket.socket, *, to_server: bool = False) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if to_server:
                    self._count(source, len(data))
                else:
                    self._heard.add(target)
                if self.how == "silent":
                    return
                target.sendall(data)
        self._close(target)

    def _close(self, one: socket.socket) -> None:
        self._open.discard(one)
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


@contextmanager
def between(port: int, delay: float = 0.0) -> Iterator[Between]:
    with closing(Between(port, delay)) as one:
        yield one
