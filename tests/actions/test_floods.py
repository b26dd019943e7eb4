"""A flood without a token, or of what does not arrive, takes nothing from who has business here."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import ClassVar

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message

from pipelines.actions.web.bodies import Bodies
from pipelines.actions.web.connections import PatientConnection
from pipelines.actions.web.problems import Problem
from tests.actions.conftest import Api, Open
from tests.actions.test_leads import TestSignature
from tests.simulator.server import BOUND, Server
from tests.simulator.world import World

LEADS = "/api/servicetitan/webhooks/leads"
GARBAGE = f"v1,{'A' * 43}="


def signed(api: Api, world: World) -> httpx.Response:
    sender = TestSignature()
    sender.now = world.now()
    return sender.send(api)


@pytest.mark.parametrize("garbage", [{}, {"webhook-signature": "v1,AAAA"}, {"webhook-signature": GARBAGE}])
def test_a_flood_without_a_token_takes_nothing_from_signed_leads(
    open_api: Open, world: World, garbage: dict[str, str]
) -> None:
    api = open_api(ACTIONS_REQUESTS_PER_SECOND="1")
    headers = garbage | {"webhook-id": "m", "webhook-timestamp": str(int(world.now().timestamp()))}
    with httpx.Client() as stranger:
        codes = [stranger.post(api.url + LEADS, headers=headers, content=b"{}").status_code for _ in range(60)]
    assert (codes[0], set(codes)) == (401, {401, 429})
    assert signed(api, world).status_code == 202
    assert httpx.get(f"{api.url}/api/servicetitan/health").status_code == 200
    assert api.get("/actions").status_code == 200


def test_what_is_refused_is_not_read(api: Api) -> None:
    """The answer comes while the body is still on its way, and the connection ends with it."""
    host, port = api.url.removeprefix("http://").split(":")
    head = f"POST {LEADS} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000000\r\n\r\n"
    with closing(socket.create_connection((host, int(port)), timeout=10)) as connection:
        connection.sendall(head.encode())
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert b" 401 " in answer.split(b"\r\n")[0]


class TestBodies:
    request = Request({"type": "http", "headers": [], "method": "POST", "path": LEADS})

    @staticmethod
    async def never() -> Message:
        await asyncio.sleep(60)
        raise AssertionError

    @staticmethod
    async def at_once() -> Message:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    def test_where_too_many_are_on_their_way_the_slowest_makes_room(self) -> None:
        async def three() -> None:
            bodies = Bodies(most_unvouched=2)
            dripping = []
            for _ in range(2):
                dripping.append(asyncio.create_task(bodies.whole(self.request, self.never, vouched=False)))
                await asyncio.sleep(0)
            assert await bodies.whole(self.request, self.at_once, vouched=False) == b"{}"
            with pytest.raises(Problem, match="too_slow"):
                await dripping[0]
            assert not dripping[1].done()
            dripping[1].cancel()

        asyncio.run(three())

    def test_who_shows_a_token_needs_no_room(self) -> None:
        async def two() -> None:
            bodies = Bodies(most_unvouched=1)
            dripping = asyncio.create_task(bodies.whole(self.request, self.never, vouched=False))
            await asyncio.sleep(0)
            assert await bodies.whole(self.request, self.at_once, vouched=True) == b"{}"
            assert not dripping.done()
            dripping.cancel()

        asyncio.run(two())


class Hasty(PatientConnection):
    arrival = 0.3
    most_empty = 3
    empty: ClassVar[dict[PatientConnection, None]] = {}


class Patient(Hasty):
    arrival = 60
    empty: ClassVar[dict[PatientConnection, None]] = {}


@contextmanager
def answering(protocol: type[PatientConnection]) -> Iterator[tuple[str, int]]:
    async def ok(request: Request) -> Response:
        return Response(await request.body())

    server = Server(Starlette(routes=[Route("/", ok, methods=["POST"])]), 0)
    server.config.http = protocol
    thread = threading.Thread(target=server.run_to_the_end, daemon=True)
    thread.start()
    assert server.ready.wait(BOUND)
    try:
        yield server.servers[0].sockets[0].getsockname()
    finally:
        server.stop()
        thread.join(BOUND)


@pytest.mark.parametrize(
    "said", [b"", b"POST / HT", b"POST / HTTP/1.1\r\nhost: x\r\n", b"POST / HTTP/1.1\r\ncontent-length: 9\r\n\r\nx"]
)
def test_a_request_that_does_not_arrive_loses_its_connection(said: bytes) -> None:
    with answering(Hasty) as place, closing(socket.create_connection(place, timeout=10)) as connection:
        connection.sendall(said)
        assert b" 200 " not in b"".join(iter(lambda: connection.recv(4096), b""))  # it ends


def test_a_head_without_end_is_refused() -> None:
    with answering(Patient) as place, closing(socket.create_connection(place, timeout=10)) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\n")
        with suppress(OSError):  # the connection is reset
            for _ in range(1000):
                connection.sendall(b"x: " + b"y" * 4000 + b"\r\n")
                time.sleep(0.001)
            raise AssertionError("four megabytes were taken in")


def test_of_too_many_empty_connections_the_longest_one_must_go() -> None:
    with answering(Patient) as place:
        silent = [socket.create_connection(place, timeout=10) for _ in range(3)]
        answer = httpx.post(f"http://{place[0]}:{place[1]}/", content=b"x")
        assert (answer.status_code, answer.content) == (200, b"x")
        assert silent[0].recv(1) == b""
        silent[2].settimeout(0.2)
        with pytest.raises(TimeoutError):
            silent[2].recv(1)
        for one in silent:
            one.close()
