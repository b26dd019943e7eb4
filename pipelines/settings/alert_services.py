"""The services of ALERT_URLS, as Apprise reads it (https://appriseit.com/services); only https and mail are taken."""

import copy
import logging
from collections.abc import Iterator

from apprise import Apprise, AppriseAsset, NotifyBase, OverflowMode
from apprise.plugins.email import NotifyEmail
from apprise.plugins.email.smtp import SMTPSecureMode
from apprise.utils.parse import parse_urls

from pipelines.settings.values import LOOPBACK

SILENCE = 5.0  # seconds that a host may say nothing; the sensors of a daemon wait for each other
SECONDS = 20.0  # for a whole message
OTHER_WAYS = {"amqps", "aprs", "ircs", "mqtts", "smpps", "xmpps"}  # safe to Apprise, and neither https nor mail
EXPECTED = "expected the addresses of Apprise's services, such as slack://… or mailtos://…, with commas between"
ASSET = AppriseAsset(
    app_id="servicetitan-flow",
    service_timeout=SECONDS,
    http_redirects=False,  # an alert goes where somebody sent it
    image_url_mask="",  # its default loads a picture from elsewhere
)

# Its records hold addresses and passwords: `notify` hands them to who called it, and nobody else gets them.
LOG = logging.getLogger("apprise")
LOG.addHandler(logging.NullHandler())
LOG.propagate = False
LOG.setLevel(logging.DEBUG)
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)  # below that it logs paths


def services(urls: str) -> list[NotifyBase]:
    """One for each recipient of a mail, so that who has got it gets it once, whoever else is refused.

    Raises ValueError, whose words hold nothing of an address but its scheme.
    """
    parts = parse_urls(urls)
    if not parts or not urls.lstrip(", \t\r\n").startswith(parts[0]):
        raise ValueError(EXPECTED)
    return [one for number, part in enumerate(parts, 1) for one in _each(_service(part, f"number {number}"))]


def shown(service: NotifyBase) -> str:
    """Scheme and host: what stands in the host's place of `slack://…` is a part of its secret."""
    host = _host(service)
    return f"{service.schema}://{host}" if host else str(service.schema)


def _service(url: str, which: str) -> NotifyBase:
    service = Apprise.instantiate(url, asset=ASSET)
    if service is None:
        raise ValueError(f"{EXPECTED}; {which} is none that Apprise can read")
    if not _is_safe(service):
        raise ValueError(
            f"expected services that are reached by https, or mail with TLS (anything else only on 127.0.0.1, localhost"
            f" or [::1]); {which} ({service.schema}://) is another"
        )
    if service.overflow_mode == OverflowMode.UPSTREAM:  # the service would refuse a long message, again and again
        service.overflow_mode = OverflowMode.SPLIT
    service.request_rate_per_sec = 0  # by default it sleeps for 5.5 s between two messages
    service.socket_connect_timeout = service.socket_read_timeout = SILENCE
    if isinstance(service, NotifyEmail):
        service.headers.setdefault("Auto-Submitted", "auto-generated")  # RFC 3834: nobody's absence is to answer
    return service


def _is_safe(service: NotifyBase) -> bool:
    if _host(service).strip("[]") in LOOPBACK:
        return True
    return bool(service.verify_certificate) and _is_by_tls(service)


def _is_by_tls(service: NotifyBase) -> bool:
    if isinstance(service, NotifyEmail):
        return bool(service.secure_mode != SMTPSecureMode.INSECURE)
    safe = type(service).secure_protocol or ()
    return service.schema in ([safe] if isinstance(safe, str) else safe) and service.schema not in OTHER_WAYS


def _host(service: NotifyBase) -> str:
    """Empty where another thing stands in its place: a token, which Apprise shows in parts, or a number."""
    if isinstance(service, NotifyEmail):
        return str(service.smtp_host)
    place = str(service.url(privacy=True)).partition("://")[2].partition("/")[0].rpartition("@")[2]
    host, templates = str(service.host), " ".join(type(service).templates)
    is_host = "{host}" in templates
    return host if is_host and place.removesuffix(f":{service.port}") == host else ""


def _each(service: NotifyBase) -> Iterator[NotifyBase]:
    if not isinstance(service, NotifyEmail):
        yield service
        return
    for target in service.targets:
        one = copy.copy(service)
        one.targets = [target]
        yield one
