"""A rehearsal that is killed, one by other rules, and one that Dagster runs."""

import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from click.testing import CliRunner

from orchestration.cli.main import main
from orchestration.locks import exclusive
from orchestration.rehearsal import rehearsal
from pipelines.operations import open_operations
from pipelines.rehearsal.store import read
from pipelines.settings import Settings
from tests.flow_builder.line import settings_for
from tests.rehearsal.command import environment, run
from tests.rehearsal.conftest import LiveIn
from tests.rehearsal.town import Lived, Town
from tests.simulator.office.history import seed_history
from tests.simulator.world import World

SOCAL = 410387862
COMMAND = Path(sys.executable).with_name("servicetitan-flow")


@pytest.fixture(scope="module")
def lived(live_in: LiveIn) -> Lived:
    return live_in(households=60, days=2)


def kept(town: Town) -> list[Any]:
    with open_operations(town.line.settings.operations) as con:
        return con.execute("select rehearsal_id from rehearsals order by rehearsal_id").fetchall()


@pytest.mark.prove
@pytest.mark.parametrize("line", ["day 1 of 2", "day 2 of 2"], ids=["the first day", "the last day"])
def test_killed_it_leaves_no_result_and_no_lock_and_the_next_one_takes_its_copy_away(lived: Lived, line: str) -> None:
    settings, before = lived.town.line.settings, kept(lived.town)
    env = environment(lived.town, settings.data_dir)
    with subprocess.Popen(
        [COMMAND, "rehearse", "socal", "--days", "2"],
        env={**env, "PATH": "/usr/bin:/bin"},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        next(said for said in process.stderr if said.startswith(line))
        os.kill(process.pid, signal.SIGKILL)
    left = settings.data_dir / "warehouse.duckdb.rehearsal"
    assert left.exists()
    assert kept(lived.town) == before
    with exclusive(settings, wait_seconds=0):
        pass
    said = run(env, "socal", "--days", "2")
    assert said.exit_code == 0, said.output
    assert not left.exists()
    [(number,)] = kept(lived.town)[len(before) :]
    found = read(settings.operations, number)
    assert found
    assert {one.id for one in found.started} == {one.id for one in lived.mails[SOCAL]}


@pytest.mark.prove
def test_by_other_rules_it_says_who_would_stand_elsewhere_and_changes_no_rule(lived: Lived, tmp_path: Path) -> None:
    """Held against a derivation of everything by these rules."""
    settings, path = lived.town.line.settings, tmp_path / "job_kind_rules.csv"
    path.write_text("match_field,pattern,job_kind,priority\njob_type_id,,install,1\n")
    said = run(environment(lived.town, settings.data_dir), "socal", "--days", "1", "--rules", str(path))
    assert said.exit_code == 0, said.output
    found = read(settings.operations, kept(lived.town)[-1][0])
    assert found
    by_these = lived.town.line.source.warehouse.copied(tmp_path)
    states = f"""select servicetitan_customer_id, current_state::double from marts.customer_servicetitan_state
        where tenant_id = {SOCAL}"""
    before = dict(by_these.rows(states))
    by_these.derive(found.ends_at, rules_dir=tmp_path)
    after = dict(by_these.rows(states))
    moved = Counter((state, after[customer]) for customer, state in before.items() if state != after[customer])
    assert {(one.from_state, one.to_state): one.customers for one in found.moved} == moved
    assert moved.total() >= 10
    assert f"By job_kind_rules.csv {moved.total()} customers stand elsewhere" in said.output
    assert not settings.rules.exists()


@pytest.mark.prove
def test_as_a_job_in_dagster_it_finds_the_same_and_shows_its_days_in_the_log(lived: Lived) -> None:
    settings = lived.town.line.settings
    with dg.DagsterInstance.ephemeral() as instance:
        job = rehearsal(settings)
        config = {"ops": {"rehearse": {"config": {"tenant": "socal", "days": 2}}}}
        done = job.execute_in_process(run_config=config, instance=instance)
        log = [entry.user_message for entry in instance.all_logs(done.run_id)]
    [(number,)] = kept(lived.town)[-1:]
    found = read(settings.operations, number)
    assert found
    assert {one.id for one in found.started} == {one.id for one in lived.mails[SOCAL]}
    assert [line.split(",")[0] for line in log if line.startswith("day ")] == ["day 1 of 2", "day 2 of 2"]


@pytest.mark.prove
def test_what_sync_has_loaded_is_rehearsed_and_by_the_same_rules_nobody_moves(
    env: dict[str, str], settings: Settings, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(settings.data_dir / "dagster"))
    seed_history(world, customers=40, years=0.5)
    end = world.now() + timedelta(hours=1)
    synced = CliRunner().invoke(main, ["sync", "--as-of", end.isoformat()], env=env)
    assert synced.exit_code == 0, synced.output
    said = run(env, "dfw", "--days", "20")
    assert said.exit_code == 0, said.output
    with open_operations(settings.operations) as con:
        [(number, deliveries)] = con.execute("select rehearsal_id, (select count(*) from deliveries) from rehearsals")
    found = read(settings.operations, number)
    assert found
    assert (found.ends_at, found.moved, deliveries) == (end, [], 0)
    assert len(found.started) > 10


def test_a_job_in_dagster_says_what_cannot_be_in_the_words_of_the_command(tmp_path: Path) -> None:
    job = rehearsal(settings_for(tmp_path))
    for config, words in (
        ({"tenant": "nobody"}, "tenant 'nobody' is not configured"),
        ({"tenant": "socal", "days": 0}, "days: found 0; expected 1 to 365"),
        ({"tenant": "socal"}, "socal: nothing to rehearse before the first sync"),
    ):
        with dg.DagsterInstance.ephemeral() as instance:
            done = job.execute_in_process(
                run_config={"ops": {"rehearse": {"config": config}}}, instance=instance, raise_on_error=False
            )
            said = " ".join(str(entry) for entry in instance.all_logs(done.run_id))
        assert not done.success
        assert words in said.replace("\\'", "'")
