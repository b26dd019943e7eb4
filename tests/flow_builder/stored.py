"""A customer on paper, put into a real operations file: as `enqueue` would leave it there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from hashlib import md5
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import orjson

from pipelines.flow_builder.customer_log import Logged
from pipelines.flow_builder.delivery import Delivery
from pipelines.flow_builder.gate import GateAnswer, check
from pipelines.flow_builder.outbox import checkpoints
from pipelines.flow_builder.outbox.gate_rows import write_facts
from pipelines.flow_builder.outbox.knowledge import OutboxKnowledge
from pipelines.flow_builder.outbox.operators import Action, decide
from pipelines.flow_builder.outbox.queue import watched
from pipelines.flow_builder.outbox.writer import OutboxWriter
from pipelines.operations import Connection, Place, open_operations, stamp, transaction
from pipelines.readings import Reading
from pipelines.settings import Settings
from tests.flow_builder.household import KEY, Household
from tests.flow_builder.line import address_of, settings_for

BODY = b'{"type": "servicetitan.customer_state.changed", "timestamp": "2026-11-22T15:04:05Z", "data": {}}'


class Stored:
    """``home`` and its file; `sync` and `deliver` are those of the household, written down."""

    def __init__(self, data_dir: Path, home: Household, **changes: Any) -> None:
        self.settings: Settings = settings_for(data_dir, **changes)
        self.home = home

    @classmethod
    def beside(cls, settings: Settings, home: Household) -> "Stored":
        """In the store of these."""
        return cls(settings.data_dir, home, operations_url=address_of(settings))

    @contextmanager
    def open(self) -> Iterator[Connection]:
        with open_operations(self.settings.operations) as con:
            yield con

    def sync(self, *args: Any, reads: bool = True, **options: Any) -> None:
        self.home.sync(*args, **options)
        self.write(reads)

    def go_on(self, *args: Any, reads: bool = True, **options: Any) -> None:
        self.home.go_on(*args, **options)
        self.write(reads)

    def write(self, reads: bool = True) -> None:
        """``reads``: this sync read the tenant to its end."""
        home = self.home
        customer = home.customer()
        facts = {name: Logged(one, md5(msgspec.json.encode(one)).hexdigest()) for name, one in home.facts.items()}
        with self.open() as con, transaction(con):
            OutboxWriter(con).write([(row, BODY) for row in home.rows], home.now)
            for row in home.rows:
                if row.begun:
                    self.note_attempt(con, row)
            write_facts(con, [customer], {KEY: facts})
            if reads:
                checkpoints.note(con, [KEY.tenant_id], "1", home.now, {KEY.tenant_id: Reading(home.now, home.now)}, {})

    def note_attempt(self, con: Connection, row: Delivery) -> None:
        begun = "insert into attempts (webhook_id, started_at, ended_at) values (?, ?, ?) returning attempt_id"
        ((attempt_id,),) = con.execute(begun, [row.webhook_id, *[stamp(self.home.now)] * 2]).fetchall()
        con.execute(
            "update deliveries set attempt_id = ?, may_have_arrived = ? where webhook_id = ?",
            [attempt_id, row.may_have_arrived, row.webhook_id],
        )

    def load(self) -> None:
        """The household sees what became of its rows in the file."""
        home = self.home
        with self.open() as con:
            found = OutboxKnowledge(con).rows([KEY], [one for one in home.facts if one])
        superseded = {row.webhook_id: row.superseded for row in home.rows}
        home.rows = [replace(row, superseded=superseded.get(row.webhook_id, False)) for row in found]
        home.sequence = count(1 + max(row.sequence or 0 for row in found))

    def decide(self, action: Action, *webhook_ids: str, **options: Any) -> list[str | None]:
        """Why each was refused."""
        decided = decide(self.settings, action, webhook_ids, reason="asked", by="ada", now=self.home.now, **options)
        self.load()
        return [one.refused for one in decided]

    def row(self, webhook_id: str) -> Delivery:
        with self.open() as con:
            row = OutboxKnowledge(con).row(webhook_id)
        assert row is not None
        return row

    def body(self, webhook_id: str) -> Any:
        with self.open() as con:
            return orjson.loads(OutboxWriter(con).body(webhook_id) or b"null")

    def ask(self, transition_id: str) -> GateAnswer | None:
        with self.open() as con:
            return check(con, self.settings, transition_id, self.home.now)

    def reasons(self, transition_id: str) -> list[str]:
        answer = self.ask(transition_id)
        assert answer is not None
        assert answer.may_send is (answer.reasons == [])
        return answer.reasons


def due(path: Place, now: datetime) -> int:
    """As the sensor asks."""
    with watched(path) as how_many:
        return how_many(now)
