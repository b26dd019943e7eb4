"""The end of the line: a small warehouse, the outbox, and deliveries to wherever the settings say."""

from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from jsonschema import Draft202012Validator

from pipelines.flow_builder.deliver import deliver
from pipelines.flow_builder.dispatcher import Delivered
from pipelines.flow_builder.enqueue import Enqueued, enqueue
from pipelines.flow_builder.event import schema
from pipelines.operations import open_operations, transaction
from pipelines.settings import Settings
from tests.flow_builder.marts import DFW, NOW, SOCAL, Marts
from tests.simulator.environment import SIGNING_SECRET

VALIDATOR = Draft202012Validator(schema())


def settings_for(data_dir: Path, **changes: Any) -> Settings:
    values: dict[str, Any] = {
        "servicetitan_app_key": "key",
        "servicetitan_tenants": {"socal": {"id": SOCAL, "client_id": "id", "client_secret": "secret"}},
        "data_dir": data_dir,
        "flow_builder_trigger_url": "http://127.0.0.1:9/trigger",
        "flow_builder_signing_secrets": SIGNING_SECRET,
    }
    return Settings(_env_file=None, **values | changes)


def address_of(settings: Settings) -> str | None:
    """Of the store in PostgreSQL, where that is where it is."""
    url = settings.operations_url
    return url.get_secret_value() if url else None


class Row(NamedTuple):
    webhook_id: str
    kind: str
    status: str
    reason: str | None
    told_state: float
    body: Any


class Line:
    """``now`` is its clock: each sync comes five minutes after what was before. Each tenant's job 5551, of which its
    transitions are where nothing else is said, has a visit in a month. ``is_full``: its derivations are of all
    customers, so that an enqueue looks at all of the log."""

    is_full = False

    def __init__(self, data_dir: Path, **changes: Any) -> None:
        self.marts = Marts()
        for tenant_id in (SOCAL, DFW):
            self.marts.appointment(7, NOW + timedelta(days=30), tenant_id=tenant_id)
        self.changes = changes
        self.settings = settings_for(data_dir, **changes)
        self.now = NOW

    def configure(self, **changes: Any) -> None:
        self.changes |= changes
        self.settings = settings_for(self.settings.data_dir, **self.changes)

    def sync(self, after: timedelta = timedelta(minutes=5), **options: Any) -> Enqueued:
        enqueued = self.enqueue(after, **options)
        for row in self.rows():
            assert row.body is None or VALIDATOR.is_valid(row.body), list(VALIDATOR.iter_errors(row.body))
        return enqueued

    def enqueue(self, after: timedelta = timedelta(minutes=5), **options: Any) -> Enqueued:
        self.now += after
        self.marts.derive(self.now, self.is_full)
        return enqueue(self.marts.con, self.settings, self.now, **options)

    def deliver(self) -> Delivered:
        return deliver(self.settings, lambda: self.now)

    def rows(self) -> list[Row]:
        """All deliveries, in the order in which they leave."""
        query = "select webhook_id, kind, status, reason, told_state, body from deliveries order by sequence"
        rows = self.ask(query)
        return [Row(*(*values, body and orjson.loads(body))) for *values, body in rows]

    def row(self, webhook_id: str) -> Row:
        return next(row for row in self.rows() if row.webhook_id == webhook_id)

    def ask(self, query: str, *parameters: Any) -> list[Any]:
        with open_operations(self.settings.operations) as con:
            return con.execute(query, parameters).fetchall()

    def becomes(self, webhook_id: str, status: str) -> None:
        """As if the delivery had come to this; with an attempt, where there must have been one."""
        begun, is_unknown = status in ("delivered", "dead", "sending", "retry"), status in ("sending", "retry")
        with open_operations(self.settings.operations) as con, transaction(con):
            con.execute(
                """update deliveries set status = ?, attempt_id = case when ? = 1 then 1 end, may_have_arrived = ?
                    where webhook_id = ?""",
                [status, begun, is_unknown, webhook_id],
            )
