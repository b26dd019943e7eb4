"""`rehearse` as an operator meets it."""

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import Result
from filelock import FileLock

from orchestration.locks import exclusive
from pipelines.operations import open_operations
from pipelines.rehearsal.store import read
from pipelines.rehearsal.table import cell
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse
from tests.rehearsal.command import environment, run, started
from tests.rehearsal.town import Lived
from tests.simulator.credentials import APP_KEY

SOCAL = 410387862


@dataclass(frozen=True)
class Told:
    """One rehearsal of a day, and what was sent before it."""

    lived: Lived
    result: Result
    table: Path
    sent_before: int


@pytest.fixture(scope="module")
def told(lived: Lived, tmp_path_factory: pytest.TempPathFactory) -> Told:
    table, sent = tmp_path_factory.mktemp("table") / "mails.csv", len(lived.town.line.receiver.received)
    env = environment(lived.town, lived.town.line.settings.data_dir)
    return Told(lived, run(env, "socal", "--days", str(lived.days), "--csv", str(table)), table, sent)


@pytest.fixture
def other(lived: Lived, tmp_path: Path) -> Settings:
    """Another place with the same warehouse."""
    shutil.copy(lived.town.line.settings.warehouse, tmp_path / "warehouse.duckdb")
    return Settings(_env_file=None, servicetitan_app_key=APP_KEY, data_dir=tmp_path)


def test_where_every_change_has_its_date_it_equals_the_live_run_message_by_message(told: Told) -> None:
    assert told.result.exit_code == 0, told.result.output
    assert sorted(started(told.table)) == sorted(told.lived.mails[SOCAL])
    assert len(told.lived.mails[SOCAL]) >= 5


def test_it_prints_how_many_mails_each_flow_starts_and_says_what_it_cannot_know(told: Told) -> None:
    flows = Counter(one.flow for one in told.lived.mails[SOCAL])
    for flow, count in {**flows, "all": flows.total()}.items():
        [line] = [line for line in told.result.output.splitlines() if line.startswith(f"{flow}  ")]
        assert line.removeprefix(flow).split()[0] == str(count)
    words = " ".join(told.result.output.split())
    assert "contacts, opt-outs and other flags" in words
    assert "Nothing was sent" in words


def test_a_line_a_day_says_how_far_it_is(told: Told) -> None:
    assert [line for line in told.result.stderr.splitlines() if line.startswith("day 1 of 1, 2026-")]


def test_it_is_kept_in_the_operations_store_and_changes_nothing_else(told: Told) -> None:
    settings, mails = told.lived.town.line.settings, told.lived.mails[SOCAL]
    with open_operations(settings.operations) as con:
        [(number, tenant_id, count)] = con.execute("select rehearsal_id, tenant_id, mails from rehearsals").fetchall()
    assert (tenant_id, count) == (SOCAL, len(mails))
    found = read(settings.operations, number)
    assert found
    assert {one.id for one in found.started} == {one.id for one in mails}
    assert found.moved == []
    assert len(told.lived.town.line.receiver.received) == told.sent_before
    assert list(settings.data_dir.glob("*.rehearsal")) == []


def refused(settings: Settings, lived: Lived, *arguments: str) -> str:
    said = run(environment(lived.town, settings.data_dir), "socal", *arguments)
    assert said.exit_code == 1
    assert "Traceback" not in said.output
    return said.output


def test_a_tenant_that_nobody_knows_is_refused(lived: Lived, other: Settings) -> None:
    said = run(environment(lived.town, other.data_dir), "nobody")
    assert said.exit_code == 1
    assert "tenant 'nobody' is not configured; configured are: " in said.output


def test_before_the_first_sync_there_is_nothing_to_rehearse(lived: Lived, tmp_path: Path) -> None:
    empty = Settings(_env_file=None, servicetitan_app_key=APP_KEY, data_dir=tmp_path / "empty")
    assert "socal: nothing to rehearse before the first sync" in refused(empty, lived)


def test_without_a_baseline_there_is_nothing_to_begin_from_and_what_a_killed_one_left_is_gone(
    lived: Lived, other: Settings
) -> None:
    with open_warehouse(other.warehouse) as con:
        con.execute("delete from marts.tenant_baselines where tenant_id = ?", [SOCAL])
    left = other.data_dir / "warehouse.duckdb.rehearsal"
    left.mkdir()
    (left / "warehouse.duckdb").write_text("half of one")
    assert "socal: its history is not read to the end yet" in refused(other, lived)
    assert not left.exists()


@pytest.mark.parametrize(
    ("name", "row", "words"),
    [
        ("job_kind_rules.csv", "job_type_name,crane,instal,2", "row 2, job_kind: found 'instal'; expected sales"),
        (
            "kinds.csv",
            "job_type_name,crane,install,2",
            "found the name 'kinds.csv'; expected that of a file of RULES_DIR",
        ),
    ],
    ids=["a wrong cell", "a wrong name"],
)
def test_a_wrong_file_of_rules_is_refused_by_file_row_and_column(
    lived: Lived, other: Settings, tmp_path: Path, name: str, row: str, words: str
) -> None:
    path = tmp_path / name
    path.write_text(f"match_field,pattern,job_kind,priority\n{row}\n")
    said = refused(other, lived, "--rules", str(path))
    assert str(path) in said
    assert words in said


def test_a_table_that_cannot_be_written_is_refused_before_anything_is_done(lived: Lived, other: Settings) -> None:
    said = refused(other, lived, "--csv", str(other.data_dir / "nowhere" / "mails.csv"))
    assert "nowhere/mails.csv: a file cannot be written there" in said


@pytest.fixture
def running(other: Settings) -> Iterator[Settings]:
    with FileLock(f"{other.warehouse}.rehearsal.lock"):
        yield other


def test_two_do_not_run_at_once(lived: Lived, running: Settings) -> None:
    assert "another rehearsal is running" in refused(running, lived)


def test_it_waits_for_a_sync_only_so_long(lived: Lived, other: Settings) -> None:
    with exclusive(other, wait_seconds=0):
        assert "another sync is running" in refused(other, lived, "--wait", "0.1")


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"], ids=["=", "+", "-", "@", "tab", "return"])
def test_no_cell_of_the_table_is_a_formula(begin: str) -> None:
    assert cell(f"{begin}1+1") == f"'{begin}1+1"
    assert cell("What to Expect") == "What to Expect"
