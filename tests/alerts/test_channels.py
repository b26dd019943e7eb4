"""Mail through a real server, with TLS as the address asks for it; and what is said where it cannot be left."""

import ssl
from collections.abc import Callable

import pytest
import trustme

from pipelines.alerts.channels import Mail, NotNotified, Webhook
from pipelines.alerts.message import TEST
from tests.alerts.receivers import MailServer

LOGIN = "ops:hunter2%2Fx"
ADDRESSES = ["ada@example.com", "bob@example.com"]
Contexts = tuple[ssl.SSLContext, ssl.SSLContext]


@pytest.fixture(scope="module")
def tls() -> Contexts:
    """The server's and the client's."""
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(client)
    return server, client


def mail(server: MailServer, scheme: str = "smtp", login: str = LOGIN, tls: ssl.SSLContext | None = None) -> Mail:
    return Mail(f"{scheme}://{login}@{server.address}", "flow@example.com", ADDRESSES, tls=tls)


@pytest.mark.parametrize(("scheme", "implicit"), [("smtp", False), ("smtps", True)])
def test_mail_goes_to_everybody_over_tls_with_a_login(scheme: str, implicit: bool, tls: Contexts) -> None:
    with MailServer().listening(tls[0], implicit) as server:
        assert mail(server, scheme, tls=tls[1]).send(TEST) == ""
    [one] = server.mails
    assert (one["Subject"], one["From"]) == ("servicetitan-flow: a test", "flow@example.com")
    assert one["To"] == "ada@example.com, bob@example.com"
    assert one.get_content().strip() == TEST.text


@pytest.mark.parametrize(("scheme", "implicit"), [("smtp", False), ("smtps", True)])
def test_a_server_whose_certificate_nobody_knows_gets_no_password(scheme: str, implicit: bool, tls: Contexts) -> None:
    with (
        MailServer().listening(tls[0], implicit) as server,
        pytest.raises(NotNotified, match="SSLCertVerificationError"),
    ):
        mail(server, scheme).send(TEST)
    assert server.mails == []


def test_a_server_on_this_machine_may_do_without_tls(mail_server: MailServer) -> None:
    mail(mail_server).send(TEST)
    assert len(mail_server.mails) == 1


def test_who_is_refused_keeps_no_other_from_being_told(mail_server: MailServer) -> None:
    mail_server.refused = {"bob@example.com"}
    assert mail(mail_server).send(TEST) == "1 of 2 addresses were refused"
    assert len(mail_server.mails) == 1


def all_refused(server: MailServer) -> Mail:
    server.refused = set(ADDRESSES)
    return mail(server)


@pytest.mark.parametrize(
    ("channel", "said"),
    [
        (lambda server: mail(server, login="ops:wrong"), r"answered 535 \(SMTPAuthenticationError\)"),
        (all_refused, "SMTPRecipientsRefused"),
        (lambda _: Mail("smtp://127.0.0.1:1", "a@b.c", ADDRESSES), "ConnectionRefusedError"),
        (lambda _: Webhook("http://127.0.0.1:1/very-secret-path"), "ConnectError"),
        (lambda server: Webhook(f"http://{server.address}/very-secret-path"), "RemoteProtocolError"),
    ],
)
def test_what_went_wrong_is_said_without_a_secret(
    mail_server: MailServer, channel: Callable[[MailServer], Mail | Webhook], said: str
) -> None:
    with pytest.raises(NotNotified, match=said) as error:
        channel(mail_server).send(TEST)
    assert not any(secret in str(error.value) for secret in ("wrong", "hunter2", "very-secret", "ada@"))
    assert "very-secret" not in repr(channel(mail_server))
