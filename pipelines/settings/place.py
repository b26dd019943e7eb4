"""Where the operations store is: a file, or a schema of a PostgreSQL database (``OPERATIONS_URL``, ``SHARD``); and what
an address must be."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

SCHEMES = ("postgresql", "postgres")
PUBLIC = "public"  # PostgreSQL's own
SHARD_NAME = "[a-z0-9][a-z0-9_]{0,39}"
EXPECTED = "expected postgresql://user:password@host:port/database"


@dataclass(frozen=True)
class PostgresUrl:
    """``text`` holds the password, and is shown to nobody; what is printed is where it is, and as whom."""

    text: str = field(repr=False)
    schema: str = PUBLIC

    def __str__(self) -> str:
        parts = urlsplit(self.text)
        user = f"{unquote(parts.username)}@" if parts.username else ""
        host = parts.netloc.rpartition("@")[2]
        within = "" if self.schema == PUBLIC else f", schema {self.schema}"
        return f"postgresql://{user}{host}{parts.path}{within}"

    def exists(self) -> bool:
        """A file may not be there yet; a database is asked."""
        return True


Place = Path | PostgresUrl


def problem(text: str) -> str | None:
    """What is wrong with an address, without a secret of it; None: nothing."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return f"it cannot be read; {EXPECTED}, with special characters of the password as %XX"
    if parts.scheme not in SCHEMES:
        return EXPECTED
    if "@" in parts.netloc.partition("@")[2] + parts.path + parts.query or parts.fragment:
        return f"it cannot be read; {EXPECTED}, with special characters of the password as %XX"
    if not parts.path.removeprefix("/") or "/" in parts.path.removeprefix("/"):
        return f"it names no database; {EXPECTED}"
    if port is None and not parts.netloc and "host" not in dict(parse_qsl(parts.query)):
        return f"it names no host; {EXPECTED}"
    return None
