"""People's own rules as an operator meets them."""

import json
from collections.abc import Callable

import duckdb
import pytest
from click.testing import CliRunner, Result

from orchestration.cli.main import main
from pipelines.rules.seeds import SEEDS
from pipelines.settings import Settings
from tests.simulator.office.history import seed_history
from tests.simulator.world import World

Run = Callable[..., Result]
KINDS = "match_field,pattern,job_kind,priority"


@pytest.fixture
def run(env: dict[str, str], settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DAGSTER_HOME", str(settings.data_dir / "dagster"))
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    settings.rules.mkdir(parents=True)
    return lambda *arguments: CliRunner().invoke(main, arguments)


def test_rules_prints_what_is_in_force_and_where_it_is_from(run: Run, settings: Settings) -> None:
    (settings.rules / "job_kind_rules.csv").write_text(f"{KINDS}\njob_type_name,crane,install,2\n")
    said = run("rules")
    assert said.exit_code == 0
    lines = said.output.splitlines()
    first = lines.index("job_kind_rules") + 2
    assert lines[first].split() == ["job_type_name", "crane", "install", "2", "row", "2"]
    assert lines[first + 1].split() == ["recall_for_id", "*", "other", "3", "shipped"]
    tables = lines[1:]
    assert [line for line in tables if len(line) > 80] == []
    assert [seed.name for seed in SEEDS if seed.name not in tables] == []


def test_rules_as_json_has_every_column(run: Run, settings: Settings) -> None:
    (settings.rules / "cancel_reason_rules.csv").write_text(
        "match_field,pattern,starts_flow,priority\nreason_id,9,true,1\n"
    )
    found = json.loads(run("rules", "--json").output)
    assert found["cancel_reason_rules"][0] == {
        **{"tenant_id": "", "match_field": "reason_id", "pattern": "9", "starts_flow": "true", "priority": "1"},
        "from": "cancel_reason_rules.csv, row 2",
    }
    assert list(found) == [seed.name for seed in SEEDS]


@pytest.mark.prove
def test_a_wrong_file_stops_the_sync_and_nothing_is_lost(run: Run, settings: Settings, world: World) -> None:
    seed_history(world, customers=3)
    path = settings.rules / "job_kind_rules.csv"
    path.write_text(f"{KINDS}\njob_type_name,x,sale,1\n")
    wrong = f"{path}, row 2, job_kind: found 'sale'; expected sales, install or other"
    for command, before in (("rules", ""), ("sync", "sync failed: ")):
        said = run(command)
        assert (said.exit_code, said.output.splitlines()[-1]) == (1, f"Error: {before}{wrong}")
    checked = run("check")
    assert checked.exit_code == 1
    assert wrong in checked.output
    path.write_text(f"{KINDS}\njob_type_name,x,sales,1\n")
    mended = run("sync")
    assert mended.exit_code == 0, mended.output
    assert "baseline taken: 3 customers" in mended.output


@pytest.mark.prove
def test_the_first_sync_after_0_1_0_keeps_the_rows_of_an_edited_seed(
    run: Run, settings: Settings, world: World
) -> None:
    seed_history(world, customers=3)
    assert run("sync").exit_code == 0
    with duckdb.connect(settings.warehouse) as con:  # as 0.1.0 left it
        con.execute("alter table seeds.job_kind_rules drop column origin")
        con.execute("alter table seeds.job_kind_rules drop column estimates_from")
        con.execute("delete from seeds.job_kind_rules where priority < 10")
        con.execute("insert into seeds.job_kind_rules values (null, 'job_type_name', 'crane', 'install', 5)")
        con.execute("update intermediate.derivation_ended set project_version = 'of 0.1.0'")
    kept = settings.rules / "job_kind_rules.csv"
    said = f"{kept}: written, with 1 row that is not 0.1.0's"
    first, second = run("sync"), run("sync")
    assert (first.exit_code, second.exit_code) == (0, 0), first.output
    assert said in first.output
    assert said not in second.output
    assert kept.read_text().splitlines()[1:] == [",job_type_name,crane,install,5"]
    assert "crane" in run("rules").output
    with duckdb.connect(settings.warehouse, read_only=True) as con:
        found = con.execute("select pattern from seeds.job_kind_rules where origin = 'RULES_DIR'").fetchall()
    assert found == [("crane",)]
