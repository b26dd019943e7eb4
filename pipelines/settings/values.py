"""Addresses and secrets that may be used. Each check raises ValueError, which says what is expected."""

import base64
import binascii
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
ORIGIN = "expected https://host or https://host:port (http only of this machine), comma-separated, and never *"
SCHEMAS = {"servicetitan", "seeds", "staging", "intermediate", "marts", "main", "information_schema"}


def check_webhook_secret(secret: str) -> None:
    """Standard Webhooks 1.0.0: ``whsec_`` and base64 of 24 to 64 bytes."""
    expected = "expected whsec_ and base64 of 24 to 64 bytes"
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise ValueError(f"{expected}; this one is not base64") from None
    if not secret.startswith("whsec_"):
        raise ValueError(f"{expected}; this one does not start with whsec_")
    if not 24 <= len(key) <= 64:
        raise ValueError(f"{expected}; this one has {len(key)} bytes")


def check_key(key: str) -> None:
    """Fernet's: 32 bytes in base64 for addresses."""
    try:
        length = len(base64.b64decode(key, altchars="-_", validate=True))
    except ValueError:  # it is no base64, or no ASCII
        length = 0
    if length != 32:
        raise ValueError("expected what `servicetitan-flow secrets-key` prints, or several of them with commas between")


def check_address(url: str) -> None:
    """https anywhere, or http to a loopback address."""
    parts = split(url)
    if not (
        parts
        and parts.hostname
        and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK))
    ):
        raise ValueError("expected an https address (http only to 127.0.0.1, localhost or [::1])")


def check_origin(origin: str) -> None:
    """As browsers write it in ``Origin``: in lower case, without a path, and without the port that is the usual one."""
    try:
        check_address(origin)
    except ValueError:
        raise ValueError(ORIGIN) from None
    parts = urlsplit(origin)
    host = str(parts.hostname).encode("idna").decode()
    port = f":{parts.port}" if parts.port not in (None, {"https": 443, "http": 80}[parts.scheme]) else ""
    written = f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"
    if "*" in origin:
        raise ValueError(ORIGIN)
    if origin != written:
        raise ValueError(f"{ORIGIN}; {origin!r} is written {written}")


def check_lake_data(url: str) -> None:
    if url.startswith("s3://"):
        parts = split(url)
        if not (parts and parts.netloc and parts.netloc == parts.hostname) or parts.query or parts.fragment:
            raise ValueError("expected s3://bucket/prefix, without a key in it")
    elif "://" in url:
        raise ValueError("expected s3://bucket/prefix or a folder")


def s3_address(endpoint: str) -> str:
    """With its scheme: http of this machine, else https. Raises ValueError."""
    host = split(f"//{endpoint}")
    is_near = host is not None and host.hostname in LOOPBACK
    address = endpoint if "://" in endpoint else f"{'http' if is_near else 'https'}://{endpoint}"
    parts = split(address)
    if parts is None or parts.path.strip("/") or parts.username or parts.query:
        raise ValueError("expected https://host:port, or host:port")
    check_address(address)
    return f"{parts.scheme}://{parts.netloc}"


def check_file_name(path: Path) -> None:
    """DuckDB names a database after its file, up to the first dot, and cannot tell it from a schema of that name."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise ValueError("expected a name in UTF-8") from None
    database = path.name.lstrip(".").partition(".")[0]
    if database.lower() in SCHEMAS:
        raise ValueError(f"expected another name: {database} is a schema's; taken are {', '.join(sorted(SCHEMAS))}")


def split(url: str) -> SplitResult | None:
    """None where it is no address; the parser's own words would show parts of a password."""
    try:
        parts = urlsplit(url)
        return parts if parts.port != 0 else None
    except ValueError:
        return None
