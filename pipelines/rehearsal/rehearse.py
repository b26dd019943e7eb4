"""The last days of a tenant lived through once more, with a sync a day, by the code that a live one runs."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from sys import maxsize

from pipelines.derivation.dbt import lend_manifest
from pipelines.derivation.derive import derive
from pipelines.derivation.freshness import LastDerivation, read_whole_derivation
from pipelines.flow_builder.enqueue import enqueue
from pipelines.flow_builder.rehearsal import mails, receive_all
from pipelines.operations.backup import copy_file
from pipelines.rehearsal.copy import Copy
from pipelines.rehearsal.result import Moved, Rehearsal
from pipelines.rules.files import Row, read_file, read_rules
from pipelines.rules.in_force import version_of, write_rules
from pipelines.settings import Settings, Tenant
from pipelines.warehouse import open_warehouse

DAY = timedelta(days=1)
FOREVER = datetime(9999, 12, 31, tzinfo=UTC)  # whatever ServiceTitan dates later than our clock
ROOM = 2  # times the warehouse: the copy, and what is derived of it
HAS_BASELINE = "select 1 from marts.tenant_baselines where tenant_id = ?"
NEVER_SYNCED = "{tenant}: nothing to rehearse before the first sync: run `servicetitan-flow sync`"
NO_BASELINE = (
    "{tenant}: its history is not read to the end yet, so there is no baseline to begin from: run `servicetitan-flow"
    " sync` until it says that the baseline was taken"
)
Hold = Callable[[], AbstractContextManager[None]]


class RehearsalError(Exception):
    """A rehearsal that cannot be; the message says what to do."""


@dataclass(frozen=True)
class Asked:
    """``rules``: a file that takes the place of the one of its name in RULES_DIR."""

    tenant: Tenant
    days: int = 30
    rules: Path | None = None


@dataclass(frozen=True)
class Step:
    """Day ``day`` of ``days`` is being lived through, up to ``moment``; so many flows have started before."""

    day: int
    days: int
    moment: datetime
    mails: int

    def __str__(self) -> str:
        return f"day {self.day} of {self.days}, {self.moment:%Y-%m-%d}: {self.mails:,} mails so far"


Show = Callable[[Step], None]


def rehearse(settings: Settings, asked: Asked, hold: Hold, show: Show) -> Rehearsal:
    """``hold`` is asked for the warehouse, for as long as it takes to copy it. One rehearsal at a time: the caller sees
    to that.

    Raises `RehearsalError`, `RulesError`, and what a derivation or an enqueue raises.
    """
    own = rules_of(settings, asked.rules)
    with fresh_folder(settings) as folder:
        path = folder / "warehouse.duckdb"
        with hold():
            last = take_copy(settings, asked.tenant, path)
        write_rules(own, folder / "rules")
        lend_manifest(settings.data_dir.absolute() / "dbt", folder / "dbt")
        run = _Run(settings_of(settings, asked.tenant, folder), Copy(path, asked.tenant.id), folder)
        moments = [last.as_of - DAY * day for day in range(asked.days, -1, -1)]
        run.live_through(moments, show)
        found = list(mails(run.settings.operations, run.copy.flows()))
        moved = [Moved(*one) for one in run.copy.moved()]
    rules = asked.rules.name if asked.rules else None
    return Rehearsal(asked.tenant.id, moments[0], moments[-1], rules, found, moved, version_of(own))


def rules_of(settings: Settings, instead: Path | None) -> list[Row]:
    own = read_rules(settings.rules)
    if instead is None:
        return own
    rows = read_file(instead)
    return [row for row in own if row.seed.file_name != instead.name] + rows


@contextmanager
def fresh_folder(settings: Settings) -> Iterator[Path]:
    remove_leftovers(settings)
    folder = folder_of(settings)
    folder.mkdir(parents=True, mode=0o700)
    try:
        yield folder
    finally:
        remove_leftovers(settings)


def folder_of(settings: Settings) -> Path:
    """Beside the warehouse, for it takes as much room."""
    return settings.warehouse.with_name(f"{settings.warehouse.name}.rehearsal")


def remove_leftovers(settings: Settings) -> None:
    """Of a rehearsal that was killed. The caller sees to it that none is running."""
    shutil.rmtree(folder_of(settings), ignore_errors=True)


def take_copy(settings: Settings, tenant: Tenant, path: Path) -> LastDerivation:
    """The caller holds the warehouse. Gives the derivation up to which it goes."""
    if not settings.warehouse.exists():
        raise RehearsalError(NEVER_SYNCED.format(tenant=tenant.name))
    with open_warehouse(settings.warehouse, read_only=True) as con:
        last = read_whole_derivation(con)
        if last is None:
            raise RehearsalError(NEVER_SYNCED.format(tenant=tenant.name))
        if not con.execute(HAS_BASELINE, [tenant.id]).fetchone():
            raise RehearsalError(NO_BASELINE.format(tenant=tenant.name))
    needed = ROOM * settings.warehouse.stat().st_size
    if (free := shutil.disk_usage(path.parent).free) < needed:
        raise RehearsalError(
            f"{path.parent.parent} has room for {free:,} bytes, and a rehearsal needs {needed:,}: make room"
        )
    copy_file(settings.warehouse, path)
    return last


def settings_of(settings: Settings, tenant: Tenant, folder: Path) -> Settings:
    """As if this were the only tenant, live, on the copy. Nothing is held: days come as one sync each."""
    return settings.model_copy(
        update={
            "servicetitan_tenants": {tenant.name: tenant.model_copy(update={"delivery": "live"})},
            "operations_path": folder / "operations.sqlite",
            "operations_url": None,
            "warehouse_path": folder / "warehouse.duckdb",
            "flow_builder_hold_above": maxsize,
        }
    )


@dataclass(frozen=True)
class _Run:
    settings: Settings
    copy: Copy
    folder: Path

    def live_through(self, moments: Sequence[datetime], show: Show) -> None:
        """The first is the baseline's; with the last, everything has come that the warehouse knows."""
        self.copy.set_back(moments[0])
        started = self.sync(moments[0])
        for day, (since, moment) in enumerate(pairwise(moments), 1):
            show(Step(day, len(moments) - 1, moment, started))
            self.copy.go_on(since, moment if moment < moments[-1] else FOREVER)
            started = self.sync(moment)

    def sync(self, moment: datetime) -> int:
        """What one does behind the load; how many flows have started by now."""
        derive(self.copy.path, moment, work_dir=self.folder / "dbt", rules_dir=self.folder / "rules", tests=False)
        with self.copy.opened() as con:
            enqueue(con, self.settings, moment)
        max_age = timedelta(hours=self.settings.flow_builder_max_age_hours)
        return receive_all(self.settings.operations, moment, max_age)
