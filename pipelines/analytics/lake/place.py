"""Where the lake is, and under which name this shard stands in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from pipelines.settings import Settings

# A host that is gone is noticed, whatever waits for it; what the address says itself counts.
PATIENCE = {
    "application_name": "servicetitan-flow",
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}


@dataclass(frozen=True)
class Store:
    """S3, or what speaks as it does. ``endpoint``: ``https://host:port``; empty: Amazon's."""

    endpoint: str
    key_id: str
    secret: str
    region: str


@dataclass(frozen=True)
class Place:
    """``catalog``: by what libpq connects, in its words; ``data``: ends with a slash; ``store``: none for a folder."""

    catalog: Mapping[str, str]
    password: str
    data: str
    store: Store | None
    schema: str

    @property
    def secrets(self) -> list[str]:
        return [secret for secret in (self.password, self.store.secret if self.store else "") if secret]

    @property
    def shown(self) -> str:
        """For people, without a secret."""
        host, database = self.catalog.get("host", ""), self.catalog.get("dbname", "")
        return f"catalog {database} at {host}, data in {self.data}"


def schema_of(shard: str) -> str:
    """Its name in the lake: that of a shard without a name cannot be another's."""
    return f"shard_{shard}" if shard else "shard"


def place_of(settings: "Settings") -> Place | None:
    """None where no lake is set."""
    if not settings.lake_catalog_url or not settings.lake_data:
        return None
    parts = urlsplit(settings.lake_catalog_url.get_secret_value())
    given = {
        "host": unquote(parts.hostname or ""),
        "port": str(parts.port or ""),
        "user": unquote(parts.username or ""),
        "dbname": unquote(parts.path.removeprefix("/")),
        **dict(parse_qsl(parts.query)),
    }
    password = given.pop("password", "") or unquote(parts.password or "")
    return Place(
        catalog={name: value for name, value in (PATIENCE | given).items() if value},
        password=password,
        data=f"{settings.lake_data.rstrip('/')}/",
        store=_store(settings) if settings.lake_data.startswith("s3://") else None,
        schema=schema_of(settings.shard),
    )


def _store(settings: "Settings") -> Store:
    secret = settings.lake_s3_secret.get_secret_value() if settings.lake_s3_secret else ""
    return Store(settings.lake_s3_endpoint, settings.lake_s3_key_id, secret, settings.lake_s3_region)
