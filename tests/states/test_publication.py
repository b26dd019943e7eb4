"""The analysts' copy goes on from the one before it, and is what a copy of everything would be."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.analytics.drafts import spare_of
from pipelines.analytics.publish import publish
from tests.states.histories import STEPS, TENANTS, collected
from tests.states.ledger import Ledger
from tests.states.steps import day, step_of
from tests.states.warehouse import Warehouse

HISTORIES = 60
MARK = "insert into marts.customer_events (tenant_id, servicetitan_customer_id) values (-1, -1)"
LEADS = "select count(*) from marts.leads where lead_id > 1000000000"
UNMARK = "delete from marts.customer_events where tenant_id = -1"


def tables(analytics: Path) -> dict[str, list[tuple[object, ...]]]:
    with duckdb.connect(analytics, read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        names = con.execute("select table_name from duckdb_tables() where schema_name = 'marts'").fetchall()
        return {name: con.execute(f"from marts.{name} order by all").fetchall() for (name,) in names}


def marked(analytics: Path) -> int:
    with duckdb.connect(analytics, read_only=True) as con:
        return len(con.execute("select 1 from marts.job_kind_behaviour where tenant_id = -1").fetchall())


@contextmanager
def unnoticed(analytics: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A change that leaves the file's time as it was: what is published anew has it no more."""
    before = analytics.stat().st_mtime_ns
    with duckdb.connect(analytics) as con:
        yield con
    os.utime(analytics, ns=(before, before))


@pytest.fixture
def grown(warehouse: Warehouse, tmp_path: Path) -> Path:
    """Published after the first step of a history; ``warehouse`` is at it."""
    ledger = Ledger(step_of(collected(HISTORIES, seed=21), 0))
    warehouse.load(ledger.all_rows())
    warehouse.derive(day(30))
    publish(warehouse.path, tmp_path / "grown.duckdb", "0")
    return tmp_path / "grown.duckdb"


def test_a_copy_that_goes_on_is_the_copy_of_everything(warehouse: Warehouse, grown: Path, tmp_path: Path) -> None:
    batch, ledger = collected(HISTORIES, seed=21), Ledger()
    for step in range(1, STEPS):
        warehouse.load(ledger.add(step_of(batch, step)))
        warehouse.derive(day(30 + 60 * step))
        with unnoticed(grown) as con:
            con.execute(MARK)
        rows = publish(warehouse.path, grown, str(step))
        with unnoticed(grown) as con:
            assert con.execute(UNMARK).fetchone() == (1,), "only what has changed is written"
        whole = publish(warehouse.path, tmp_path / f"whole {step}.duckdb", str(step))
        assert tables(grown) == tables(tmp_path / f"whole {step}.duckdb")
        assert rows == whole | {"customer_events": whole["customer_events"] + 1}
    assert [path.name for path in tmp_path.glob("*.tmp*")] == []


@pytest.mark.prove
def test_a_lead_of_nobody_that_gets_a_customer_is_there_once(warehouse: Warehouse, grown: Path) -> None:
    lead = {"tenant_id": TENANTS[0], "id": 10**9, "created_on": day(1), "status": "Open"}
    customer = {"tenant_id": TENANTS[0], "id": 10**9 + 1, "created_on": day(1)}
    for number, owner in enumerate((None, customer["id"], None), start=1):
        changed = lead | {"customer_id": owner, "modified_on": day(number)}
        warehouse.load({"leads": [changed], "customers": [customer]})
        warehouse.derive(day(30 + number))
        with unnoticed(grown) as con:
            con.execute(MARK)
        publish(warehouse.path, grown, str(number))
        with unnoticed(grown) as con:
            assert con.execute(UNMARK).fetchone() == (1,), "it goes on"
            query = "select servicetitan_customer_id from marts.leads where lead_id = 1000000000"
            assert con.execute(query).fetchall() == [(owner,)]


def test_the_copy_before_the_newest_is_gone_on_from_where_nobody_reads_it(
    warehouse: Warehouse, grown: Path, tmp_path: Path
) -> None:
    files = [grown.stat().st_ino]
    for step in range(1, 6):
        lead = {"tenant_id": TENANTS[0], "id": 10**9 + step, "customer_id": step, "created_on": day(29)}
        warehouse.load({"leads": [lead] if step != 4 else []})
        warehouse.derive(day(30 + step))
        with duckdb.connect(spare_of(grown), read_only=True) if step == 5 else nullcontext() as reader:
            publish(warehouse.path, grown, str(step))
            assert not reader or reader.execute(LEADS).fetchall() == [(3,)]
        files.append(grown.stat().st_ino)
        publish(warehouse.path, tmp_path / "whole.duckdb", str(step))
        assert tables(grown) == tables(tmp_path / "whole.duckdb")
        (tmp_path / "whole.duckdb").unlink()
    assert [later == earlier for earlier, later in zip(files, files[2:], strict=False)] == [True, True, True, False]


def test_a_copy_that_somebody_has_written_to_is_made_anew(warehouse: Warehouse, grown: Path) -> None:
    before = tables(grown)
    with duckdb.connect(grown) as con:
        con.execute(MARK)
    publish(warehouse.path, grown, "again")
    assert tables(grown) == before


@pytest.mark.prove
def test_a_copy_that_has_missed_a_derivation_is_made_anew(warehouse: Warehouse, grown: Path, tmp_path: Path) -> None:
    for step in (1, 2):
        warehouse.load({"leads": [{"tenant_id": 410387862, "id": 10**9 + step, "customer_id": step}]})
        warehouse.derive(day(30 + step))
    with unnoticed(grown) as con:
        con.execute(MARK)
    publish(warehouse.path, grown, "two later")
    publish(warehouse.path, tmp_path / "whole.duckdb", "two later")
    assert tables(grown) == tables(tmp_path / "whole.duckdb")


def test_what_a_killed_process_left_is_cleared_away(warehouse: Warehouse, grown: Path) -> None:
    left = grown.with_name(f"{grown.name}.123.tmp")
    left.write_bytes(b"half a copy")
    publish(warehouse.path, grown, "again")
    assert not left.exists()


@pytest.mark.prove
def test_what_comes_of_many_jobs_is_written_anew_once_a_day_or_where_many_are_new(
    warehouse: Warehouse, grown: Path
) -> None:
    numbers = iter(range(900_000, 1_000_000))

    def goes_on(hours: float, jobs: int) -> int:
        """How many marks are left of the one that the copy before got."""
        with unnoticed(grown) as con:
            con.execute("delete from marts.job_kind_behaviour where tenant_id = -1")
            con.execute("insert into marts.job_kind_behaviour (tenant_id) values (-1)")
        rows = [{"tenant_id": TENANTS[0], "id": next(numbers), "customer_id": 1} for _ in range(jobs or 1)]
        warehouse.load({"jobs" if jobs else "leads": rows})
        warehouse.derive(day(30) + timedelta(hours=hours))
        publish(warehouse.path, grown, f"{hours}")
        return marked(grown)

    assert [goes_on(0.1, jobs=0), goes_on(0.2, jobs=1000), goes_on(24, jobs=0)] == [1, 0, 0]
