"""Slack, Teams and mail through real servers with TLS; and what is said where one of them does not take a message."""

import logging
import socket
import ssl
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
import trustme

from pipelines.alerts.channels import NotNotified, channels_of
from pipelines.alerts.message import TEST, Message
from pipelines.settings.alert_services import SILENCE, services, shown
from tests.alerts.receivers import Internet, MailServer, Webhook

LOGIN = "ops:hunter2%2Fx"
ADDRESSES = ["ada@example.com", "bob@example.com"]
SLACK = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
TEAMS = (
    "https://prod-04.westus.logic.azure.com:443/workflows/643e69f83c8944438d68119179a10a64/triggers/manual/paths/invoke"
    "?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=KODuebWbDGYFr0z0eu-6Rj8aUKz7108W3wrNJZxFE5A"
)
ODD = Message(
    "servicetitan-flow: 1 <new> & more", "🔴 a<b> & c, <!channel> <https://x.example|here>\nsince 2026\n*b* `c`"
)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    for variable in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(variable, str(tmp_path / "ca.pem"))


@pytest.fixture
def internet(authority: trustme.CA, monkeypatch: pytest.MonkeyPatch) -> Iterator[Internet]:
    internet = Internet(authority)
    with internet.listening() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        monkeypatch.delenv("NO_PROXY", raising=False)
        yield internet


def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    return tls


def mail(server: MailServer, mode: str = "insecure", login: str = LOGIN) -> str:
    return f"mailtos://{login}@{server.address}?mode={mode}&from=flow@example.com&to={','.join(ADDRESSES)}"


def send(urls: str, message: Message = TEST) -> None:
    for channel in channels_of(urls):
        channel.send(message)


@pytest.mark.usefixtures("trusted")
def test_slack_gets_its_text_with_nothing_eaten_and_nobody_called(internet: Internet) -> None:
    send(SLACK, ODD)
    [(host, path, body)] = internet.posts
    assert (host, path) == ("hooks.slack.com", "/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ")
    [attachment] = body["attachments"]
    assert attachment["title"].startswith("servicetitan-flow: 1 ")
    assert attachment["text"] == (
        "🔴 a&lt;b&gt; &amp; c, &lt;!channel&gt; &lt;https://x.example|here&gt;\nsince 2026\n*b* `c`"
    )
    assert "github" not in str(body), "it shows no picture from elsewhere"


@pytest.mark.usefixtures("trusted")
def test_teams_gets_a_card(internet: Internet) -> None:
    send(TEAMS, ODD)
    [(host, path, body)] = internet.posts
    assert (host, path.partition("?")[0]) == (
        "prod-04.westus.logic.azure.com",
        "/workflows/643e69f83c8944438d68119179a10a64/triggers/manual/paths/invoke",
    )
    card = body["attachments"][0]["content"]
    assert card["type"] == "AdaptiveCard"
    words = str([block.get("text") for block in card["body"]])
    assert "since 2026" in words
    assert "1 <new> & more" in words


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(("mode", "implicit"), [("starttls", False), ("ssl", True)])
def test_mail_goes_to_everybody_over_tls_with_a_login(mode: str, implicit: bool, authority: trustme.CA) -> None:
    with MailServer().listening(server_tls(authority), implicit) as server:
        send(mail(server, mode), ODD)
    assert [one["To"] for one in server.mails] == ADDRESSES
    for one in server.mails:
        assert (one["Subject"], one["From"]) == (ODD.subject, "flow@example.com")
        assert one["Auto-Submitted"] == "auto-generated"
        assert (one.get_content_type(), one.get_content().splitlines()) == ("text/plain", ODD.text.splitlines())


@pytest.mark.parametrize(("mode", "implicit"), [("starttls", False), ("ssl", True)])
def test_a_server_whose_certificate_nobody_knows_gets_no_password(
    mode: str, implicit: bool, authority: trustme.CA
) -> None:
    with (
        MailServer().listening(server_tls(authority), implicit) as server,
        pytest.raises(NotNotified, match="certificate that nobody here trusts"),
    ):
        send(mail(server, mode))
    assert server.mails == []


def test_a_server_on_this_machine_may_do_without_tls(mail_server: MailServer) -> None:
    send(mail(mail_server))
    assert len(mail_server.mails) == 2


def test_who_is_refused_keeps_no_other_from_being_told(mail_server: MailServer) -> None:
    mail_server.refused = {"ada@example.com"}
    ada, bob = channels_of(mail(mail_server))
    assert ada.key != bob.key
    with pytest.raises(NotNotified, match="refused the address with 550"):
        ada.send(TEST)
    bob.send(TEST)
    assert [one["To"] for one in mail_server.mails] == ["bob@example.com"]


@pytest.mark.usefixtures("trusted")
def test_what_is_too_long_for_one_message_is_told_in_several(internet: Internet) -> None:
    lines = [f"{number:03} {'word ' * 10}" for number in range(100)]
    send("discord://123456789012345678/abcdefghijklmnop", Message("servicetitan-flow: 20 new", "\n".join(lines)))
    told = "".join(body["content"] for _, _, body in internet.posts)
    assert len(internet.posts) == 3
    assert all(line[:3] in told for line in lines)


def test_two_messages_follow_each_other_without_a_pause(webhook: Webhook) -> None:
    [channel] = channels_of(webhook.service)
    began = time.monotonic()
    channel.send(TEST)
    channel.send(TEST)
    assert len(webhook.texts) == 2
    assert time.monotonic() - began < SILENCE


@pytest.fixture
def log() -> Iterator[StringIO]:
    """What a program of ours would log at most."""
    root, log = logging.getLogger(), StringIO()
    handler, level = logging.StreamHandler(log), root.level
    handler.addFilter(lambda record: record.name != "mail.log")  # our mail server's
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield log
    root.removeHandler(handler)
    root.setLevel(level)


def said(urls: str, log: StringIO) -> str:
    with pytest.raises(NotNotified) as error:
        send(urls)
    told = f"{error.value} {log.getvalue()} {channels_of(urls)[0].name}"
    assert not any(secret in told for secret in ("wrong", "hunter2", "very-secret", "ada@", "T1JJ3T3L2", "KODue"))
    return str(error.value)


def test_what_went_wrong_with_a_mail_is_said_without_a_secret(mail_server: MailServer, log: StringIO) -> None:
    assert said(mail(mail_server, login="ops:wrong"), log) == "it answered 535"
    nobody = "mailto://127.0.0.1:1?mode=insecure&from=a@b.co&to=ada@example.com"
    assert said(nobody, log) == "it refused the connection"


def test_what_went_wrong_with_a_webhook_is_said_without_a_secret(
    mail_server: MailServer, webhook: Webhook, log: StringIO
) -> None:
    for webhook.status in (302, 404, 500):
        assert said(webhook.service, log) == f"it answered HTTP {webhook.status}"
    assert said("json://127.0.0.1:1/very-secret", log) == "it refused the connection"
    assert said(f"json://{mail_server.address}/very-secret", log) == "it cannot be reached"
    assert said("jsons://no-such-host.invalid/very-secret", log) == "it has a name that nobody knows"


def test_a_host_that_says_nothing_is_not_waited_for_long(log: StringIO) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert said(f"json://127.0.0.1:{silent.getsockname()[1]}/very-secret", log) == "it said nothing for 5 s"


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(("url", "name"), [(SLACK, "slack"), (TEAMS, "workflow://prod-04.westus.logic.azure.com")])
def test_a_service_is_named_without_its_tokens(internet: Internet, url: str, name: str, log: StringIO) -> None:
    internet.status = 403
    assert said(url, log) == "it answered HTTP 403"
    assert [channel.name for channel in channels_of(url)] == [name]


@pytest.mark.parametrize(
    "urls",
    [
        "pagerduty://A1234567890@B1234567890abcdef",
        "mailto://ops:very-secret@gmail.com",
        "json://127.0.0.1:1/x",
        "json://[::1]/x",
        f"{SLACK}, {TEAMS}",
        f"{SLACK} {TEAMS}",
    ],
)
def test_https_and_mail_with_tls_are_taken_and_anything_on_this_machine(urls: str) -> None:
    assert all(shown(service) for service in services(urls))


@pytest.mark.parametrize(
    "urls",
    [
        "very-secret",
        f"very-secret {SLACK}",
        f"{SLACK}, https://example.com/very-secret",
        "json://example.com/very-secret",
        "mailto://ops:very-secret@mail.example.com",
        "mailtos://ops:very-secret@mail.example.com?mode=insecure",
        "mailtos://ops:very-secret@mail.example.com?verify=no",
        "mailto://ops:very-secret@localhost?smtp=mail.example.com&from=a@b.co",
        "jsons://example.com/very-secret?verify=no",
        "syslog://",
        "smpps://ops:very-secret@example.com/12025550143/12025550144",
        "xmpps://ops:very-secret@example.com",
    ],
)
def test_any_other_way_is_refused(urls: str) -> None:
    with pytest.raises(ValueError, match="expected ") as error:
        services(urls)
    assert "very-secret" not in str(error.value)
