"""`rehearsal`, as a job, and what it has in common with the command."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
from filelock import FileLock, Timeout

from orchestration.errors import with_known_errors
from orchestration.locks import exclusive
from pipelines.settings import Settings
from pipelines.tenants import directory

if TYPE_CHECKING:
    from pipelines.rehearsal.rehearse import Step
    from pipelines.rehearsal.result import Rehearsal

MAX_DAYS = 365
RUNNING = "another rehearsal is running: it holds {lock}; wait until it ends"


class RehearsalConfig(dg.Config):
    """``tenant``: its name or id. ``rules``: a file that takes the place of the one of its name in RULES_DIR, for a
    preview. ``csv``: a file for all mails."""

    tenant: str
    days: int = 30
    rules: str | None = None
    csv: str | None = None
    wait_seconds: float = 60


@dataclass(frozen=True)
class Kept:
    """``number``: by which the operations store knows it."""

    number: int
    found: "Rehearsal"


def rehearsal(settings: Settings) -> dg.JobDefinition:
    @dg.op(name="rehearse")
    @with_known_errors
    def rehearse(context: dg.OpExecutionContext, config: RehearsalConfig) -> None:
        from pipelines.rehearsal.summary import summary

        kept = rehearsed(settings, config, lambda step: context.log.info(str(step)))
        page = summary(kept.found, settings.flow_builder_hold_above)
        rows = ["; ".join(f"{name} {value}" for name, value in row.items() if value != "") for row in page.flows]
        for line in (page.title, *rows, *page.lines):
            context.log.info(line)
        counts = {"number": kept.number, "mails": len(kept.found.started), "withheld": len(kept.found.withheld)}
        context.add_output_metadata(counts)

    @dg.job(
        name=settings.of_shard("rehearsal"),
        description="What a tenant would have mailed in the last days, had it been live. Sends nothing.",
        executor_def=dg.in_process_executor,
    )
    def job() -> None:
        rehearse()

    return job


def rehearsed(settings: Settings, config: RehearsalConfig, show: "Callable[[Step], None]") -> Kept:
    """Rehearses, keeps what was found, and writes the CSV. Raises `RehearsalError`, and what the parts raise."""
    from pipelines.rehearsal.rehearse import Asked, RehearsalError, rehearse
    from pipelines.rehearsal.store import keep
    from pipelines.rehearsal.table import write_csv

    if not 1 <= config.days <= MAX_DAYS:
        raise RehearsalError(f"days: found {config.days}; expected 1 to {MAX_DAYS}")
    rules, table = (Path(text) if text else None for text in (config.rules, config.csv))
    if table and (table.is_dir() or not table.absolute().parent.is_dir()):
        raise RehearsalError(f"{table}: a file cannot be written there; name one in a folder that exists")
    asked = Asked(directory.find(settings, config.tenant), config.days, rules)
    lock = rehearsal_lock(settings)
    try:
        with lock.acquire(timeout=0):
            found = rehearse(settings, asked, lambda: exclusive(settings, config.wait_seconds), show)
    except Timeout:
        raise RehearsalError(RUNNING.format(lock=lock.lock_file)) from None
    if table:
        write_csv(table, found.mails)
    return Kept(keep(settings.operations, found, datetime.now(UTC)), found)


def forget_rehearsals(settings: Settings) -> int:
    """What is too old; and the copy of one that was killed, for it holds contact data."""
    from pipelines.rehearsal.rehearse import remove_leftovers
    from pipelines.rehearsal.store import forget

    with suppress(Timeout), rehearsal_lock(settings).acquire(timeout=0):
        remove_leftovers(settings)
    return forget(settings.operations, datetime.now(UTC))


def rehearsal_lock(settings: Settings) -> FileLock:
    """Held by a rehearsal while it runs."""
    settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(f"{settings.warehouse}.rehearsal.lock")
