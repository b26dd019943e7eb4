"""Where announcements go: a webhook in Slack's form, and e-mail. Each raises `NotNotified`."""

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Protocol
from urllib.parse import unquote, urlsplit

import httpx

from pipelines.alerts.message import Message
from pipelines.settings import Settings
from pipelines.settings.values import LOOPBACK

SECONDS = 5.0  # the sensors of a daemon wait for each other
PORTS = {"smtp": 587, "smtps": 465}


class NotNotified(Exception):
    """Says why, and names neither the address nor the password."""


class Channel(Protocol):
    @property
    def name(self) -> str: ...

    def send(self, message: Message) -> str:
        """A remark, where not everybody was reached."""


def channels(settings: Settings, tls: ssl.SSLContext | None = None) -> list[Channel]:
    """Those that are configured; ``tls`` says which certificates are trusted, by default the machine's."""
    configured: list[Channel] = []
    if settings.alert_webhook_url:
        configured.append(Webhook(settings.alert_webhook_url.get_secret_value()))
    if settings.alert_email_to and settings.smtp_url:
        configured.append(
            Mail(
                settings.smtp_url.get_secret_value(), settings.alert_email_from or "", settings.alert_email_to, tls=tls
            )
        )
    return configured


@dataclass(frozen=True, repr=False)
class Webhook:
    url: str
    name: str = "webhook"

    def send(self, message: Message) -> str:
        post("ALERT_WEBHOOK_URL", self.url, {"text": slack_text(message.text)})
        return ""


def heartbeat(url: str) -> None:
    """For a watcher outside, which raises the alarm when it has heard nothing for too long."""
    post("ALERT_HEARTBEAT_URL", url)


def post(variable: str, url: str, body: dict[str, str] | None = None) -> None:
    try:
        with httpx.Client(trust_env=False, timeout=SECONDS) as http:
            status = http.post(url, json=body).status_code
    except httpx.HTTPError as error:
        raise NotNotified(f"{variable} cannot be reached ({type(error).__name__})") from None
    if not 200 <= status < 300:
        raise NotNotified(f"{variable} answered HTTP {status}")


def slack_text(text: str) -> str:
    """The three characters that Slack reads as markup (https://docs.slack.dev/messaging/formatting-message-text)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@dataclass(frozen=True, repr=False)
class Mail:
    """``smtps://`` begins with TLS, ``smtp://`` turns it on; only to this machine it may be missing."""

    url: str
    sender: str
    recipients: Sequence[str]
    name: str = "e-mail"
    tls: ssl.SSLContext | None = None

    def send(self, message: Message) -> str:
        try:
            with self._connected() as smtp:
                refused = smtp.send_message(self._mail(message))
        except smtplib.SMTPResponseException as error:
            raise NotNotified(f"the server of SMTP_URL answered {error.smtp_code} ({type(error).__name__})") from None
        except (OSError, smtplib.SMTPException) as error:
            raise NotNotified(f"no mail could be left at SMTP_URL ({type(error).__name__})") from None
        return f"{len(refused)} of {len(self.recipients)} addresses were refused" if refused else ""

    def _connected(self) -> smtplib.SMTP:
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        tls = self.tls or ssl.create_default_context()
        if parts.scheme == "smtps":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=tls)
        else:
            smtp = smtplib.SMTP(host, port, timeout=SECONDS)
            smtp.ehlo()
            if host not in LOOPBACK or smtp.has_extn("starttls"):
                smtp.starttls(context=tls)
        if parts.username:
            smtp.login(unquote(parts.username), unquote(parts.password or ""))
        return smtp

    def _mail(self, message: Message) -> EmailMessage:
        mail = EmailMessage()
        mail["Subject"], mail["From"], mail["To"] = message.subject, self.sender, ", ".join(self.recipients)
        mail["Date"], mail["Message-ID"] = formatdate(), make_msgid(domain=self.sender.rpartition("@")[2])
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answer of an absent person is wanted
        mail.set_content(message.text)
        return mail
