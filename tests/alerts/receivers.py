"""Those who are told: a webhook, a mail server, and hosts of the internet behind a proxy; all real and on 127.0.0.1."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

USER, PASSWORD = b"ops", b"hunter2/x"


class Webhook:
    """Keeps the texts that it accepted; ``status`` is what it answers."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.status = 200
        self.url = ""

    @property
    def service(self) -> str:
        """As ALERT_URLS has it: in Slack's form."""
        return f"{self.url.replace('http://', 'json://')}?:message=text"

    @contextmanager
    def listening(self) -> Iterator["Webhook"]:
        webhook = self

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if webhook.status == 200:
                    webhook.texts.append(json.loads(body)["text"] if body else "")
                self.send_response(webhook.status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        with serving(Answer) as port:
            self.url = f"http://127.0.0.1:{port}/services/T0/B0/very-secret-path"
            yield self


class Internet:
    """A proxy (`HTTPS_PROXY`) behind which any host answers ``status``, with a certificate of ``authority``'s."""

    def __init__(self, authority: trustme.CA) -> None:
        self.authority = authority
        self.posts: list[tuple[str, str, Any]] = []  # host, path, body
        self.status = 200

    @contextmanager
    def listening(self) -> Iterator[str]:
        internet = self

        class Answer(BaseHTTPRequestHandler):
            host = ""

            def do_CONNECT(self) -> None:
                self.host = self.path.partition(":")[0]
                self.send_response(200)
                self.end_headers()
                tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                internet.authority.issue_cert(self.host).configure_cert(tls)
                self.request = tls.wrap_socket(self.connection, server_side=True)
                self.setup()
                self.handle_one_request()

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                internet.posts.append((self.host, self.path, body))
                self.send_response(internet.status)
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_: Any) -> None:
                pass

        with serving(Answer) as port:
            yield f"http://127.0.0.1:{port}"


@contextmanager
def serving(answer: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class MailServer:
    """Takes mail from `USER`; ``refused`` addresses it does not know."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refused: set[str] = set()
        self.address = ""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: ARG002
        if address in self.refused:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: ARG002
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:  # noqa: ARG002
        right = isinstance(given, LoginPassword) and (given.login, given.password) == (USER, PASSWORD)
        return AuthResult(success=right, handled=False)

    @contextmanager
    def listening(self, tls: ssl.SSLContext | None = None, implicit: bool = False) -> Iterator["MailServer"]:
        port = free_port()
        options: dict[str, Any] = {"authenticator": self.authenticate, "auth_require_tls": bool(tls) and not implicit}
        if implicit:
            options["ssl_context"] = tls
        elif tls:
            options |= {"tls_context": tls, "require_starttls": True}
        controller = Controller(self, hostname="127.0.0.1", port=port, **options)
        controller.start()
        self.address = f"127.0.0.1:{port}"
        try:
            yield self
        finally:
            controller.stop()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
