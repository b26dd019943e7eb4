"""Back up, lose everything, put it back: nothing that was sent is sent twice, and nothing is lost."""

import shutil
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from orchestration.cli.main import main
from orchestration.locks import exclusive
from pipelines.actions.inbound_leads.restored import reopen_leads
from pipelines.flow_builder.deliver import deliver
from pipelines.flow_builder.enqueue import Enqueued, enqueue
from pipelines.flow_builder.outbox.operators import Action, decide
from pipelines.flow_builder.outbox.restored import hold_all
from pipelines.operations import PostgresUrl, open_operations
from pipelines.operations.backup import BackupError, back_up
from pipelines.operations.restore import Restored, restore
from pipelines.settings import load_settings
from pipelines.tenants.encryption import new_key
from tests.flow_builder.line import Line
from tests.flow_builder.marts import SOCAL, Marts
from tests.simulator.flow_builder.receiver import Receiver

MINUTE = timedelta(minutes=1)
ROOMS = {"deliveries": hold_all, "leads": reopen_leads}
Run = Callable[..., Result]


@pytest.fixture
def line(tmp_path: Path, receiver: Receiver) -> "Company":
    line = Company(tmp_path / "data", receiver)
    receiver.clock = lambda: line.now
    return line


class Company(Line):
    """The end of the line with its warehouse in a file; the log of transitions goes on while back-ups are made."""

    def __init__(self, data_dir: Path, receiver: Receiver, **changes: str) -> None:
        super().__init__(data_dir, flow_builder_trigger_url=f"{receiver.url}/trigger", **changes)
        self.receiver = receiver
        self.marts.con.close()
        data_dir.mkdir()
        self.marts = Marts(self.settings.warehouse)
        self.marts.con.close()

    def happens(self, state: float, customer_id: int = 1001) -> str:
        """The customer enters the state, and a sync finds it."""
        self.now += 5 * MINUTE
        self.marts.reopen()
        found = self.marts.enters(state, customer_id, occurred_at=self.now)
        self.marts.con.close()
        self.syncs()
        return found

    def syncs(self) -> Enqueued:
        self.now += MINUTE
        self.marts.reopen()
        self.marts.derive(self.now)
        try:
            return enqueue(self.marts.con, self.settings, self.now)
        finally:
            self.marts.con.close()

    def delivers(self) -> list[str]:
        """What Flow Builder receives, by webhook-id."""
        before = len(self.receiver.received)
        deliver(self.settings, lambda: self.now)
        return [str(one.id) for one in self.receiver.received[before:]]

    def restores(self, folder: Path) -> Restored:
        self.now += MINUTE
        return restore(self.settings, folder, self.now, ROOMS, replace=True)

    def finds_again(self, state: float, occurred_at: datetime) -> None:
        """What the next extraction brings once more, for the restored warehouse does not know it."""
        self.marts.reopen()
        self.marts.enters(state, occurred_at=occurred_at)
        self.marts.con.close()

    def decides(self, action: Action, webhook_id: str) -> None:
        [decided] = decide(
            self.settings, action, [webhook_id], reason="compared with Flow Builder", by="ada", now=self.now
        )
        assert decided.refused is None


def test_what_was_sent_after_the_back_up_is_not_sent_again_unless_a_person_says_so(
    line: Company, tmp_path: Path
) -> None:
    booked = line.happens(2.0)
    assert line.delivers() == [booked]
    back_up(line.settings, tmp_path / "backup", line.now)
    sold, sold_at = line.happens(4.0), line.now - MINUTE
    assert line.delivers() == [sold]
    installing, booked_at = line.happens(5.0), line.now - MINUTE
    line.restores(tmp_path / "backup")
    line.finds_again(4.0, sold_at)
    line.finds_again(5.0, booked_at)
    assert line.syncs().held == 2
    assert line.delivers() == []
    line.decides("cancel", sold)
    line.decides("release", installing)
    assert line.delivers() == [], "a sync decides first what is so without the one that was canceled"
    line.syncs()
    assert line.delivers() == [installing]


def test_what_happens_after_the_restore_is_sent_by_itself(line: Company, tmp_path: Path) -> None:
    line.happens(2.0)
    line.delivers()
    back_up(line.settings, tmp_path / "backup", line.now)
    line.restores(tmp_path / "backup")
    sold = line.happens(4.0)
    assert line.delivers() == [sold]


def test_what_was_on_its_way_at_the_back_up_waits_for_a_person(line: Company, tmp_path: Path) -> None:
    booked = line.happens(2.0)
    back_up(line.settings, tmp_path / "backup", line.now)
    assert line.delivers() == [booked]
    assert line.restores(tmp_path / "backup").waiting["deliveries"] == 1
    assert (line.row(booked).status, line.row(booked).reason) == ("held", "restored")
    line.syncs()
    assert line.delivers() == []
    line.decides("release", booked)
    assert line.delivers() == [booked]
    assert (line.row(booked).status, line.row(booked).reason) == ("delivered", None)


def test_with_operations_in_postgres_the_warehouse_alone_is_put_back_and_what_waits_is_held(
    tmp_path: Path, receiver: Receiver, postgres_store: PostgresUrl
) -> None:
    line = Company(tmp_path / "data", receiver, operations_url=postgres_store.text)
    receiver.clock = lambda: line.now
    line.happens(1.0)
    assert [*back_up(line.settings, tmp_path / "backup", line.now).files] == ["warehouse.duckdb"]
    assert line.restores(tmp_path / "backup").waiting == {"deliveries": 1, "leads": 0}
    assert line.delivers() == []
    line.configure(operations_url=None)
    with pytest.raises(BackupError, match="made with OPERATIONS_URL; set it"):
        line.restores(tmp_path / "backup")


def test_hashes_of_addresses_are_no_damage(line: Company, tmp_path: Path) -> None:
    """SQLite 3.40 takes them for it."""
    with open_operations(line.settings.operations) as con:
        con.execute("insert into customer_index values (1, 'jobs', 2, 3, x'aa')")
    back_up(line.settings, tmp_path / "backup", line.now)
    line.restores(tmp_path / "backup")
    assert line.ask("select * from customer_index") == [(1, "jobs", 2, 3, b"\xaa")]


def test_a_lead_that_was_open_is_not_worked_on_twice(line: Company, tmp_path: Path) -> None:
    with open_operations(line.settings.operations) as con:
        con.execute(
            """insert into inbound_leads (id, tenant_id, source, lead_key, lead, received_at, status)
                values ('a', 1, 'web', 'k', '{}', '2026-11-22T15:00:00.000000Z', 'open')"""
        )
    back_up(line.settings, tmp_path / "backup", line.now)
    assert line.restores(tmp_path / "backup").waiting["leads"] == 1
    assert line.ask("select status from inbound_leads") == [("needs_review",)]


def test_what_was_there_is_kept_and_can_be_opened(line: Company, tmp_path: Path) -> None:
    back_up_before(line, tmp_path)
    booked = line.happens(2.0)
    aside = line.restores(tmp_path / "backup").aside
    assert [path.name for path in aside] == [
        "warehouse.before-2026-11-22T15-14-00Z.duckdb",
        "operations.before-2026-11-22T15-14-00Z.sqlite",
    ]
    with sqlite3.connect(aside[1]) as con:
        assert con.execute("select webhook_id from deliveries").fetchall() == [(booked,)]
    assert line.rows() == []


def back_up_before(line: Company, tmp_path: Path) -> None:
    line.syncs()
    back_up(line.settings, tmp_path / "backup", line.now)


def test_a_back_up_is_put_back_after_all_was_lost(line: Company, tmp_path: Path) -> None:
    back_up_before(line, tmp_path)
    shutil.rmtree(line.settings.data_dir)
    assert restore(line.settings, tmp_path / "backup", line.now, ROOMS).aside == []
    assert line.syncs() == Enqueued()


def test_a_broken_file_is_replaced(line: Company, tmp_path: Path) -> None:
    back_up_before(line, tmp_path)
    line.settings.operations_file.write_bytes(b"this is no database, but it is long enough to be looked at as one" * 20)
    line.settings.warehouse.write_bytes(b"nor is this" * 2000)
    line.restores(tmp_path / "backup")
    assert line.syncs() == Enqueued()


@pytest.mark.parametrize("name", ["warehouse.duckdb", "operations.sqlite"])
def test_a_back_up_that_was_damaged_is_refused_and_nothing_is_touched(line: Company, tmp_path: Path, name: str) -> None:
    booked = line.happens(2.0)
    back_up(line.settings, tmp_path / "backup", line.now)
    damaged = tmp_path / "backup" / name
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
    with pytest.raises(BackupError, match=f"{name} is not as it was"):
        line.restores(tmp_path / "backup")
    assert line.row(booked).status == "pending"
    assert sorted(path.name for path in line.settings.data_dir.iterdir()) == ["operations.sqlite", "warehouse.duckdb"]


def test_a_file_that_is_in_use_is_not_replaced(line: Company, tmp_path: Path) -> None:
    back_up_before(line, tmp_path)
    with open_operations(line.settings.operations), pytest.raises(BackupError, match=r"operations\.sqlite is in use"):
        line.restores(tmp_path / "backup")


@pytest.fixture
def run(line: Company, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DAGSTER_HOME", str(line.settings.data_dir / "dagster"))
    monkeypatch.setenv("DATA_DIR", str(line.settings.data_dir))
    monkeypatch.setenv("SERVICETITAN_APP_KEY", "key")
    for field, value in {"ID": str(SOCAL), "CLIENT_ID": "id", "CLIENT_SECRET": "secret"}.items():
        monkeypatch.setenv(f"SERVICETITAN_TENANTS__SOCAL__{field}", value)
    return lambda *arguments: CliRunner().invoke(main, arguments)


def test_the_commands_say_what_they_did_and_what_is_to_be_done(line: Company, run: Run, tmp_path: Path) -> None:
    line.happens(2.0)
    folder = str(tmp_path / "backup")
    assert run("backup", folder).output.startswith(f"backup: {folder}: warehouse.duckdb ")
    said = run("restore", folder, "--replace").output
    assert "1 deliveries and 0 leads wait for a person" in said
    assert "deliveries --status held" in said


def test_the_commands_refuse_in_one_line(line: Company, run: Run, tmp_path: Path) -> None:
    folder = str(tmp_path / "backup")
    assert "operations.sqlite is not there: there is nothing to back up" in refused(run("backup", folder))
    line.syncs()
    assert run("backup", folder).exit_code == 0
    assert refused(run("backup", folder)).startswith(f"{folder} is not empty; name a folder that is new")
    assert "with --replace it is moved aside" in refused(run("restore", folder))
    assert "that `servicetitan-flow backup` made" in refused(run("restore", str(tmp_path)))
    with exclusive(line.settings, wait_seconds=0):
        assert "another sync is running" in refused(run("backup", str(tmp_path / "other"), "--wait", "0"))
        assert "another sync is running" in refused(run("restore", folder, "--replace"))


def test_the_key_is_named_by_its_fingerprint_and_told_from_another(
    line: Company, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line.syncs()
    was, now, folder = new_key(), new_key(), tmp_path / "backup"
    monkeypatch.setenv("SECRETS_KEY", was)
    [fingerprint] = load_settings(None).key_fingerprints
    assert f"SECRETS_KEY with the fingerprint {fingerprint}, which is not in it" in run("backup", str(folder)).output
    assert not [path for path in folder.iterdir() if was.encode() in path.read_bytes()]
    for keys, words in ((now, "that one back, or connect the tenants anew"), ("", "here it is not set"), (was, "")):
        monkeypatch.setenv("SECRETS_KEY", keys)
        said = run("restore", str(folder), "--replace").output
        assert (keys, words in said, fingerprint in said) == (keys, True, keys != was)


def refused(result: Result) -> str:
    assert result.exit_code == 1
    [line] = result.output.splitlines()
    return line.removeprefix("Error: ")
