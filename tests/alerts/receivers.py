"""Those who are told: a webhook and a mail server, both real and on 127.0.0.1."""

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

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

USER, PASSWORD = b"ops", b"hunter2/x"


class Webhook:
    """Keeps the texts that it accepted; ``status`` is what it answers."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.status = 200
        self.url = ""

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

        server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}/services/T0/B0/very-secret-path"
        try:
            yield self
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
