"""Where announcements go: each service of ALERT_URLS by itself. And the heartbeat. Both raise `NotNotified`."""

import logging
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import httpx
from apprise import Apprise, NotifyBase, NotifyFormat
from apprise.logger import NotifyLogEntry
from apprise.result import AppriseResultStatus

from pipelines.alerts.message import Message
from pipelines.settings import Settings
from pipelines.settings.alert_services import ASSET, SECONDS, SILENCE, services, shown
from pipelines.tls import trusted

# How Apprise words a failure, and what may be said of it: its own words hold addresses, and the host's answer.
REASONS = {
    r"\berror=(\d{3})\b": "answered HTTP {}",
    r"CERTIFICATE_VERIFY_FAILED": "has a certificate that nobody here trusts",
    r"^Socket Exception: \((\d{3}), ": "answered {}",
    r"^Socket Exception: {.*?: \((\d{3}), ": "refused the address with {}",
    r"NameResolutionError|Name or service not known|getaddrinfo": "has a name that nobody knows",
    r"[Tt]imed out|[Tt]imeout": f"said nothing for {SILENCE:.0f} s",
    r"refused": "refused the connection",
    r"[Cc]onnection|^Socket Exception": "cannot be reached",
}


class NotNotified(Exception):
    """Says why, and holds nothing of an address but its scheme and host."""


@dataclass(frozen=True)
class Channel:
    """``key``: by which it is known in the store."""

    name: str
    key: str
    service: NotifyBase

    def send(self, message: Message) -> None:
        apprise = Apprise(asset=ASSET)
        apprise.add(self.service)
        result = apprise.notify(message.text, message.subject, body_format=NotifyFormat.TEXT, log_level=logging.DEBUG)
        if result.status == AppriseResultStatus.TIMEOUT:
            raise NotNotified(f"it did not take the message within {SECONDS:.0f} s")
        if not result:
            raise NotNotified(f"it {reason(result.logs())}")


def reason(entries: Iterable[NotifyLogEntry]) -> str:
    told = [
        entry.message for entry in entries if entry.level != "DEBUG" or entry.message.startswith("Socket Exception")
    ]
    for pattern, words in REASONS.items():
        for text in told:
            if found := re.search(pattern, text):
                return words.format(*found.groups())
    return "failed, and Apprise does not say why"


def channels(settings: Settings) -> list[Channel]:
    return channels_of(settings.alert_urls.get_secret_value()) if settings.alert_urls else []


def channels_of(urls: str) -> list[Channel]:
    seen: Counter[str] = Counter()
    found = []
    for service in services(urls):
        identity = service.url_id() or shown(service)
        seen[identity] += 1
        found.append(Channel(shown(service), f"{identity} {seen[identity]}", service))
    return found


def heartbeat(url: str) -> None:
    """For a watcher outside, which raises the alarm when it has heard nothing for too long."""
    try:
        with httpx.Client(verify=trusted(), trust_env=False, timeout=SILENCE) as http:
            status = http.post(url).status_code
    except httpx.HTTPError as error:
        raise NotNotified(f"ALERT_HEARTBEAT_URL cannot be reached ({type(error).__name__})") from None
    if not 200 <= status < 300:
        raise NotNotified(f"ALERT_HEARTBEAT_URL answered HTTP {status}")
