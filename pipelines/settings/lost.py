"""Variables of earlier releases that have lost their meaning: each stops the start with what replaces it."""

from collections.abc import Callable
from urllib.parse import quote, urlsplit

from pipelines.settings.values import LOOPBACK, split

MAIL = "mailtos://user:password@host:587?"


def replaced(variable: str, value: str) -> str:
    """The problem's line. Of a secret only the shape is told."""
    return f"{variable}: is {REPLACEMENTS[variable](value)} now; see orchestration/README.md"


def _webhook(url: str) -> str:
    parts = split(url)
    host = parts.hostname if parts else ""
    if host == "hooks.slack.com":
        return "ALERT_URLS=https://hooks.slack.com/services/… (the same value)"
    scheme = "json" if host in LOOPBACK and urlsplit(url).scheme == "http" else "jsons"
    return f"ALERT_URLS={scheme}://host/path?:message=text"


def _smtp(url: str) -> str:
    parts = split(url)
    if parts and parts.hostname in LOOPBACK and parts.scheme == "smtp":
        return "ALERT_URLS=mailto://user:password@127.0.0.1:25?from=…&to=… (mailtos:// with TLS)"
    if url.startswith("smtps:"):
        return "ALERT_URLS=mailtos://user:password@host:465?mode=ssl&from=…&to=…"
    return f"ALERT_URLS={MAIL}from=…&to=…"


def _to(addresses: str) -> str:
    return f"ALERT_URLS={MAIL}from=…&to={_quoted(addresses)}"


def _from(address: str) -> str:
    return f"ALERT_URLS={MAIL}from={_quoted(address)}&to=…"


def _quoted(addresses: str) -> str:
    return ",".join(quote(part.strip(), safe="@") for part in addresses.split(",") if part.strip())


REPLACEMENTS: dict[str, Callable[[str], str]] = {
    "ALERT_WEBHOOK_URL": _webhook,
    "ALERT_EMAIL_TO": _to,
    "ALERT_EMAIL_FROM": _from,
    "SMTP_URL": _smtp,
}
