"""Faults on the wire: each comes to the documented end, in bounded time and memory."""

import asyncio
import gzip
import shutil
import socket
import ssl
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.flow_builder.retry_policy import AttemptResult, Verdict
from pipelines.flow_builder.sender import DEADLINE, MAX_KEPT, Sender, http_client
from tests.flow_builder import wire
from tests.flow_builder.line import settings_for
from tests.flow_builder.wire import CHUNK, fault_server

SHORT = 0.6  # seconds: a deadline for tests
OK = b"HTTP/1.1 200 OK\r\n"
OK_EMPTY = OK + b"content-length: 0\r\n\r\n"
ANY = ("ReadError", "WriteError", "ConnectError: All connection attempts failed")
SLOWLY = [piece for letter in b"abcdefghijklmnopqrst" for piece in (bytes([letter]), 0.1)]


@dataclass(frozen=True)
class Fault:
    answer: wire.Answer
    verdict: Verdict
    problems: Sequence[str | None]


FAULTS = {
    "reset at once": Fault(wire.Answer(reads=False, resets=True), "retry", ANY),
    "reset after the request": Fault(wire.Answer(resets=True), "retry", ("ReadError",)),
    "closed without an answer": Fault(wire.Answer(), "retry", ("RemoteProtocolError",)),
    "cut status line": Fault(wire.Answer([b"HTTP/1.1 20"]), "retry", ("RemoteProtocolError",)),
    "cut headers": Fault(wire.Answer([OK]), "retry", ("RemoteProtocolError",)),
    "another protocol": Fault(wire.Answer([b"SSH-2.0-nothing\r\n\r\n"]), "retry", ("RemoteProtocolError",)),
    "slow headers": Fault(wire.Answer([OK + b"x: ", *SLOWLY]), "retry", ("Timeout",)),
    "no answer": Fault(wire.Answer([2.0]), "retry", ("Timeout",)),
    "endless headers": Fault(wire.Answer([OK], endless=b"x: " + CHUNK + b"\r\n"), "retry", ("RemoteProtocolError",)),
    "cut body": Fault(wire.Answer([OK + b"content-length: 9\r\n\r\n1234"]), "delivered", (None,)),
    "broken chunk": Fault(wire.Answer([OK + b"transfer-encoding: chunked\r\n\r\nzz\r\n"]), "delivered", (None,)),
    "slow body": Fault(wire.Answer([OK + b"content-length: 20\r\n\r\n", *SLOWLY]), "delivered", (None,)),
    "endless body": Fault(wire.Answer([OK + b"\r\n"], endless=CHUNK), "delivered", (None,)),
    "endless body of an error": Fault(wire.Answer([b"HTTP/1.1 500 E\r\n\r\n"], endless=CHUNK), "retry", ("HTTP 500",)),
    "100 before": Fault(wire.Answer([b"HTTP/1.1 100 C\r\n\r\n" + OK_EMPTY]), "delivered", (None,)),
    "HTTP/1.0": Fault(wire.Answer([b"HTTP/1.0 204 No\r\n\r\n"]), "delivered", (None,)),
    "unheard-of status": Fault(wire.Answer([b"HTTP/1.1 599 ?\r\ncontent-length: 0\r\n\r\n"]), "retry", ("HTTP 599",)),
}


def post(tmp_path: Path, url: str) -> AttemptResult:
    """Fails where the answer takes longer than the deadline and a second."""

    async def send() -> AttemptResult:
        settings = settings_for(tmp_path, flow_builder_trigger_url=url, flow_builder_token="t0ken")
        async with asyncio.timeout(SHORT + 1), http_client() as client:
            return await Sender(client, settings, lambda: datetime.now(UTC), SHORT)("id", b"{}")

    return asyncio.run(send())


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_has_its_outcome(tmp_path: Path, name: str) -> None:
    fault = FAULTS[name]
    with fault_server(fault.answer) as server:
        answer = post(tmp_path, server.url)
    assert answer.verdict == fault.verdict
    assert answer.problem in fault.problems
    assert "t0ken" not in str(answer)
    assert len(answer.text) <= MAX_KEPT
    assert server.sent < 16 * 2**20


def test_the_products_deadline_is_twenty_seconds() -> None:
    assert DEADLINE == 20


def test_nobody_listens(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    answer = post(tmp_path, f"http://127.0.0.1:{port}")
    assert answer.verdict == "retry"
    assert str(answer.problem).startswith("ConnectError: ")


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    with fault_server(wire.Answer([OK_EMPTY])) as elsewhere:
        moved = f"HTTP/1.1 307 Moved\r\nlocation: {elsewhere.url}\r\ncontent-length: 0\r\n\r\n".encode()
        with fault_server(wire.Answer([moved])) as server:
            assert post(tmp_path, server.url).verdict == "endpoint"
        assert elsewhere.requests == []


def test_a_compressed_answer_is_not_blown_up(tmp_path: Path) -> None:
    bomb = gzip.compress(b"0" * 2**24)
    head = OK + f"content-encoding: gzip\r\ncontent-length: {len(bomb)}\r\n\r\n".encode()
    with fault_server(wire.Answer([head, bomb])) as server:
        answer = post(tmp_path, server.url)
    assert (answer.verdict, len(answer.text) <= MAX_KEPT) == ("delivered", True)


def test_a_wrong_certificate_is_refused_and_nothing_is_said_to_it(tmp_path: Path, self_signed: ssl.SSLContext) -> None:
    with fault_server(wire.Answer([OK_EMPTY]), self_signed) as server:
        answer = post(tmp_path, server.url)
    assert answer.verdict == "retry"
    assert "CERTIFICATE_VERIFY_FAILED" in str(answer.problem)
    assert server.requests == []


@pytest.fixture
def self_signed(tmp_path: Path) -> ssl.SSLContext:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl here to make a certificate with")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        [openssl, "req", "-x509", "-nodes", "-newkey", "rsa:2048", *subject, "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
        timeout=30,
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context


def test_a_proxy_of_the_environment_is_passed_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with fault_server(wire.Answer([OK_EMPTY])) as server:
        assert post(tmp_path, server.url).verdict == "delivered"


def test_a_cookie_is_not_sent_back(tmp_path: Path) -> None:
    answer = wire.Answer([OK + b"set-cookie: a=b\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"])

    async def send_twice(url: str) -> None:
        settings = settings_for(tmp_path, flow_builder_trigger_url=url)
        async with http_client() as client:
            send = Sender(client, settings, lambda: datetime.now(UTC))
            assert [(await send("id", b"{}")).status for _ in range(2)] == [200, 200]

    with fault_server(answer) as server:
        asyncio.run(send_twice(server.url))
    assert len(server.requests) == 2
    assert all(b"cookie" not in request.lower() for request in server.requests)
