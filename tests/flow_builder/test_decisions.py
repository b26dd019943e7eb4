"""Decisions on more deliveries than a person names: those that were counted are done, or none."""

import os
import pty
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest
from click.testing import CliRunner, Result

from orchestration.cli.main import main
from orchestration.jobs import decision_job
from pipelines.operations import open_operations
from pipelines.settings import Settings
from tests.simulator.world import DFW, SOCAL

ADD = """
    insert into deliveries (webhook_id, kind, tenant_id, customer_id, told_state, body, created_at, status, batch)
    values (?, 'changed', ?, ?, ?, x'7b7d', '2026-11-22T15:04:05.000000Z', ?, ?)
"""
COMMAND = Path(sys.executable).with_name("servicetitan-flow")


@pytest.fixture
def settings(settings: Settings, env: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """Three held together, one more of them delivered; one held of another tenant, and one dead."""
    monkeypatch.chdir(tmp_path)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    for name, state in (("a", 2.0), ("b", 2.0), ("c", 3.0)):
        add(settings, name, SOCAL.tenant_id, state, "held", "socal-1")
    add(settings, "d", SOCAL.tenant_id, 2.0, "delivered", "socal-1")
    add(settings, "e", DFW.tenant_id, 2.0, "held", "dfw-1")
    add(settings, "f", DFW.tenant_id, 2.0, "dead")
    return settings


def add(settings: Settings, name: str, tenant_id: int, state: float, status: str, batch: str | None = None) -> None:
    with open_operations(settings.operations) as con:
        con.execute(ADD, [name, tenant_id, ord(name), state, status, batch])


def statuses(settings: Settings) -> str:
    with open_operations(settings.operations) as con:
        rows = con.execute("select webhook_id, status from deliveries order by webhook_id").fetchall()
    return " ".join(f"{name}:{status}" for name, status in rows)


def command(*arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments])


BOUND = 60  # seconds for each thing that it says
UNTOUCHED = "a:held b:held c:held d:delivered e:held f:dead"


def test_a_batch_is_released(settings: Settings) -> None:
    done = command("release", "--batch", "socal-1", "--reason", "looked at", "--yes")
    assert (done.exit_code, done.output.splitlines()) == (
        0,
        ["3 of 3 deliveries: would be released", "3 of 3 deliveries: released"],
    )
    assert statuses(settings) == "a:pending b:pending c:pending d:delivered e:held f:dead"
    with open_operations(settings.operations) as con:
        decisions = con.execute("select webhook_id, action, reason from decisions").fetchall()
    assert decisions == [(name, "released", "looked at") for name in "abc"]


def test_of_a_tenant_what_has_a_status_and_told_a_state_is_canceled(settings: Settings) -> None:
    chosen = ("--tenant", "socal", "--status", "held", "--state", "2")
    assert command("cancel", *chosen, "--reason", "not wanted", "--yes").exit_code == 0
    assert statuses(settings) == "a:canceled b:canceled c:held d:delivered e:held f:dead"


def test_those_named_are_not_asked_about(settings: Settings) -> None:
    done = command("release", "a", "e", "f", "--reason", "looked at")
    assert done.exit_code == 1
    assert done.output.splitlines() == [
        "a: released",
        "e: released",
        "f: it is dead; only held can be released",
    ]
    assert statuses(settings) == "a:pending b:held c:held d:delivered e:pending f:dead"


def test_without_a_terminal_and_without_yes_nothing_is_done(settings: Settings) -> None:
    done = command("release", "--batch", "socal-1", "--reason", "looked at")
    assert done.exit_code == 1
    assert "3 of 3 deliveries: would be released" in done.output
    assert "no terminal" in done.output
    assert statuses(settings) == UNTOUCHED


def test_a_dry_run_counts_and_does_nothing(settings: Settings) -> None:
    done = command("cancel", "--batch", "socal-1", "--reason", "looked at", "--dry-run")
    assert (done.exit_code, done.output) == (0, "3 of 3 deliveries: would be canceled\n")
    assert statuses(settings) == UNTOUCHED


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "expected ids, or --batch B, or --tenant T --status S"),
        (["a", "--batch", "socal-1"], "expected ids, or --batch B, or --tenant T --status S"),
        (["--tenant", "socal"], "--tenant and --status need each other"),
        (["--tenant", "socal", "--status", "dead"], "found --status dead; only held can be released"),
        (["--batch", "unheard-of", "--yes"], "no such delivery can be released"),
        (["--tenant", "nobody", "--status", "held"], "tenant 'nobody' is not configured"),
    ],
)
def test_what_means_no_set_does_nothing(settings: Settings, arguments: list[str], says: str) -> None:
    done = command("release", *arguments, "--reason", "looked at")
    assert done.exit_code != 0
    assert says in done.output
    assert statuses(settings) == UNTOUCHED


@contextmanager
def at_a_terminal(*arguments: str) -> Iterator[Callable[..., str]]:
    """``says(until, answer)``: what it says up to there; then the person answers."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([COMMAND, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True)
    os.close(theirs)

    def says(until: str, answer: str = "") -> str:
        heard = ""
        while until not in heard:
            assert select.select([ours], [], [], BOUND)[0], heard
            heard += os.read(ours, 1024).decode()
        os.write(ours, answer.encode())
        return heard

    try:
        yield says
    finally:
        process.wait(30)
        os.close(ours)


@pytest.mark.usefixtures("settings")
def test_a_person_is_asked_and_if_the_set_has_changed_meanwhile_asked_anew(settings: Settings) -> None:
    with at_a_terminal("release", "--batch", "socal-1", "--reason", "looked at") as says:
        assert "3 of 3 deliveries: would be released" in says("release these 3? [y/N]: ")
        add(settings, "g", SOCAL.tenant_id, 2.0, "held", "socal-1")
        assert "g:held" in statuses(settings)
        says("", "y\n")
        heard = says("release these 4? [y/N]: ")
        assert "the set has changed: 4 deliveries are selected now; nothing was done" in heard
        assert statuses(settings) == f"{UNTOUCHED} g:held"
        says("", "y\n")
        says("4 of 4 deliveries: released")
    assert statuses(settings) == "a:pending b:pending c:pending d:delivered e:held f:dead g:pending"


def test_a_person_may_say_no(settings: Settings) -> None:
    with at_a_terminal("release", "--batch", "socal-1", "--reason", "looked at") as says:
        says("release these 3? [y/N]: ", "n\n")
        says("Aborted!")
    assert statuses(settings) == UNTOUCHED


def test_in_dagster_a_dry_run_says_what_does_just_these(settings: Settings) -> None:
    job, instance = decision_job(settings, "release"), dg.DagsterInstance.ephemeral()

    def run(**config: object) -> dg.ExecuteInProcessResult:
        asked = {"batch": "socal-1", "reason": "looked at", "by": "ada", **config}
        run_config = {"ops": {"release_deliveries": {"config": asked}}}
        return job.execute_in_process(instance=instance, run_config=run_config, raise_on_error=False)

    said = " ".join(entry.user_message for entry in instance.all_logs(run().run_id))
    counted = said.partition("counted: '")[2].partition("'")[0]
    assert counted
    assert not run(dry_run=False).success
    add(settings, "g", SOCAL.tenant_id, 2.0, "held", "socal-1")
    assert not run(dry_run=False, counted=counted).success
    assert statuses(settings) == f"{UNTOUCHED} g:held"
    with open_operations(settings.operations) as con:
        con.execute("delete from deliveries where webhook_id = 'g'")
    assert run(dry_run=False, counted=counted).success
    assert statuses(settings) == "a:pending b:pending c:pending d:delivered e:held f:dead"


def test_deliveries_are_listed_by_what_a_person_knows_of_them(settings: Settings) -> None:
    def listed(*arguments: str) -> list[str]:
        lines = command("deliveries", *arguments).output.splitlines()
        return [line.split()[0] for line in lines[1:]]

    assert listed() == ["f", "e", "d", "c", "b", "a"]
    assert listed("--tenant", "dfw") == ["f", "e"]
    assert listed("--batch", "socal-1", "--status", "held") == ["c", "b", "a"]
    assert listed("--newest", "2") == ["f", "e"]
    assert listed("--newest", "2", "--all") == ["f", "e", "d", "c", "b", "a"]
    with open_operations(settings.operations) as con:
        con.execute("update deliveries set reason = 'stale', status = 'not_sent' where webhook_id = 'e'")
        con.execute("update deliveries set suppressed = 'past' where webhook_id = 'd'")
    assert (listed("--reason", "stale"), listed("--reason", "past")) == (["e"], ["d"])
    assert "none (past)" in command("deliveries", "--customer", str(ord("d"))).output
