"""Whatever goes wrong in whatever step: a command ends with one line and a status, and goes on where it is mended.

Each runs in a process of its own, with a bound on its time and its memory.
"""

import ctypes
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse
from tests.simulator.flow_builder.receiver import Receiver
from tests.simulator.office.history import live, seed_history
from tests.simulator.world import World

ROOT = Path(__file__).parents[1]
COMMAND = Path(sys.executable).with_name("servicetitan-flow")
SECONDS, BYTES = 120, 6 * 2**30
CAPBSET_DROP, DAC_OVERRIDE, DAC_READ_SEARCH = 24, 1, 2  # prctl(2), capabilities(7)
GARBAGE = b"neither DuckDB's nor SQLite's; " * 1000
OLD_NEWS = {"FLOW_BUILDER_MAX_AGE_HOURS": "1000000"}  # the world's clock is not this machine's
Run = Callable[..., subprocess.CompletedProcess[str]]
Damage = Callable[[Path], AbstractContextManager[None]]


@pytest.fixture
def life(world: World) -> Iterator[str]:
    """Each step is a change in ServiceTitan."""
    return live(world, seed_history(world, customers=10))


@pytest.fixture
def run(env: dict[str, str], settings: Settings, life: Iterator[str], tmp_path: Path) -> Run:  # noqa: ARG001
    """Runs a command of the product on a world of ten customers. ``largest``: of a file, in bytes."""

    def run(
        *arguments: str, largest: int | None = None, command: Sequence[Path | str] = (COMMAND,), **more: str
    ) -> subprocess.CompletedProcess[str]:
        def limit() -> None:
            for capability in (DAC_OVERRIDE, DAC_READ_SEARCH):  # root, too, heeds who may write where
                ctypes.CDLL(None).prctl(CAPBSET_DROP, capability, 0, 0, 0)
            resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
            if largest is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))

        return subprocess.run(
            [*command, *arguments],
            env={
                "PATH": "/usr/bin:/bin",
                **OLD_NEWS,
                "DAGSTER_HOME": str(settings.data_dir / "dagster"),
                **env,
                **more,
            },
            cwd=tmp_path,
            preexec_fn=limit,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    return run


def said(done: subprocess.CompletedProcess[str]) -> str:
    """The line that it ended with."""
    assert "Traceback" not in done.stderr + done.stdout, done.stderr[:3000]
    assert done.returncode == 1, done.stderr
    return done.stderr.splitlines()[-1]


@contextmanager
def replaced(path: Path, damage: Callable[[Path], object]) -> Iterator[None]:
    """What was there comes back, unless nothing was."""
    aside = path.with_name(f"{path.name}.aside")
    was_there = path.exists()
    if was_there:
        path.rename(aside)
    damage(path)
    yield
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    if was_there:
        aside.rename(path)


def garbage(path: Path) -> AbstractContextManager[None]:
    return replaced(path, lambda place: place.write_bytes(GARBAGE))


def folder(path: Path) -> AbstractContextManager[None]:
    return replaced(path, Path.mkdir)


@contextmanager
def read_only(path: Path) -> Iterator[None]:
    """With all below it."""
    modes = {one: one.stat().st_mode for one in [path, *path.rglob("*")]}
    for one, mode in modes.items():
        one.chmod(mode & ~0o222)
    yield
    for one in path.parent.glob(f"{path.name}-*"):  # SQLite makes its log with the file's mode
        one.chmod(one.stat().st_mode | 0o200)
    for one, mode in modes.items():
        one.chmod(mode)


def refusing(change: str) -> Damage:
    """An error that only the step itself meets."""
    trigger = f"create trigger refused before {change} on deliveries begin select raise(abort, 'by a trigger'); end"

    @contextmanager
    def refused(path: Path) -> Iterator[None]:
        with closing(sqlite3.connect(path, isolation_level=None)) as con:
            con.execute(trigger)
            yield
            con.execute("drop trigger refused")

    return refused


@contextmanager
def another_shape(path: Path) -> Iterator[None]:
    with open_warehouse(path) as warehouse:
        warehouse.execute("alter table servicetitan.customers rename to aside")
        warehouse.execute("create view servicetitan.customers as select 1 as id")
    yield
    with open_warehouse(path) as warehouse:
        warehouse.execute("drop view servicetitan.customers")
        warehouse.execute("alter table servicetitan.aside rename to customers")


@dataclass(frozen=True)
class Broken:
    """Below DATA_DIR. ``says``: what the line says, the way out where there is one."""

    place: str
    damage: Damage
    says: str


OF_A_SYNC = {
    "a broken file": [
        Broken("warehouse.duckdb", garbage, "put a back-up in its place"),
        Broken("warehouse.duckdb", folder, "a file belongs there"),
        Broken("operations.sqlite", garbage, "put a back-up of this file in its place"),
        Broken("operations.sqlite", folder, "a file belongs there"),
        Broken("analytics.duckdb", folder, "a file belongs there"),
        Broken("budget.sqlite", garbage, "delete this file"),
        Broken("budget.sqlite", folder, "delete this file"),
        Broken("dlt", garbage, "a folder belongs there"),
        Broken("dbt", garbage, "a folder belongs there"),
        Broken("dagster", garbage, "a folder belongs there"),
    ],
    "a file that may not be written": [
        Broken(place, read_only, "by this user, who must be allowed to|this user must be allowed to write it")
        for place in ("", "warehouse.duckdb", "operations.sqlite", "dagster", "dlt")
    ],
    "an error of one step": [
        Broken("warehouse.duckdb", another_shape, 'Column "tenant_id" does not exist'),
        Broken("operations.sqlite", refusing("insert"), "by a trigger"),
    ],
}
OF_OTHERS = {
    ("deliver",): ("operations.sqlite",),
    ("deliveries",): ("operations.sqlite",),
    ("customer", "socal", "1"): ("analytics.duckdb",),
    ("alerts",): ("operations.sqlite",),
    ("report",): ("analytics.duckdb", "operations.sqlite"),
    ("backup", "copy"): ("warehouse.duckdb", "operations.sqlite"),
    ("check",): ("budget.sqlite", "analytics.duckdb"),
    ("release", "1", "--reason", "a test"): ("operations.sqlite",),
    ("serve",): ("operations.sqlite", "budget.sqlite"),
    ("up",): ("operations.sqlite", "dagster"),
}


@pytest.mark.prove
@pytest.mark.parametrize("kind", OF_A_SYNC)
def test_a_sync_says_what_is_wrong_and_goes_on_once_it_is_mended(
    run: Run, settings: Settings, life: Iterator[str], receiver: Receiver, kind: str
) -> None:
    assert run("sync").returncode == 0
    for broken in OF_A_SYNC[kind]:
        for _ in range(20):
            next(life)
        with broken.damage(settings.data_dir / broken.place):
            line = said(run("sync"))
            assert str(settings.data_dir / broken.place) in line or kind == "an error of one step", broken
            assert re.search(broken.says, line), (broken, line)
    again = run("sync")
    assert (again.returncode, again.stderr) == (0, "")
    with refusing("update")(settings.operations_file):
        assert "by a trigger" in said(run("deliver"))
    assert run("deliver").returncode == 0
    assert receiver.received


@pytest.mark.prove
def test_every_other_command_says_which_file_is_broken(run: Run, settings: Settings) -> None:
    assert run("sync").returncode == 0
    for command, places in OF_OTHERS.items():
        for place in places:
            with garbage(settings.data_dir / place):
                assert place in said(run(*command, ACTIONS_TOKENS="caller:a-token-of-a-test")), command


@pytest.mark.prove
def test_a_disk_that_is_full_costs_a_sync_and_nothing_else(run: Run, life: Iterator[str]) -> None:
    assert run("sync").returncode == 0
    for largest in (100_000, 1_000_000, 3_000_000):
        next(life)
        assert "room on the disk" in said(run("sync", largest=largest)), largest
    again = run("sync")
    assert (again.returncode, again.stderr) == (0, "")


@pytest.mark.prove
def test_a_rule_that_is_no_regular_expression_ends_the_sync_with_its_line(run: Run, tmp_path: Path) -> None:
    """dbt's error leads back to itself there."""
    product = tmp_path / "product"
    for room in ("pipelines", "orchestration", "dbt_project"):
        shutil.copytree(ROOT / room, product / room)
    rules = product / "dbt_project" / "seeds" / "job_kind_rules.csv"
    with rules.open("a") as file:
        file.write(",job_type_name,consult(ation?|quote,sales,15,\n")
    command = (sys.executable, "-c", "from orchestration.cli.main import main; main()")
    assert "job_kind_rules" in said(run("sync", command=command, PYTHONPATH=str(product)))
