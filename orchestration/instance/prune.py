"""Runs that are over, forgotten with their events, the answers of their checks, and what they printed.

A run keeps its details for hours. Then one that found nothing is forgotten, and of the others an outline stays, or the
error, until they are too old in days, or all of them together take too much room. Of several shards in one Dagster
each forgets its own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import dagster as dg
from dagster._core.definitions.assets.job.asset_job import IMPLICIT_ASSET_JOB_NAME
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable as Answers
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from dagster._core.storage.runs.schema import RunsTable as Runs
from dagster._core.storage.runs.schema import RunTagsTable as Tags
from dagster._core.storage.runs.sql_run_storage import SqlRunStorage
from dagster._core.storage.tags import REPOSITORY_LABEL_TAG
from sqlalchemy import ColumnElement, func, select, true

from orchestration.assets.specs import JOBS, RETENTION, SYNC
from orchestration.instance.record_files import give_back_room, room_taken
from orchestration.instance.run_details import (
    Last,
    assets_of,
    forget_runless,
    hourly,
    last_results,
    leave_errors,
    leave_outline,
    with_news,
)
from pipelines.settings import LOCATION, of_shard

FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
WITH_DETAILS = timedelta(hours=6)
ROUTINE = (SYNC, RETENTION)  # jobs whose runs are forgotten where they found nothing
OUTLINED = {"details": "forgotten"}  # the tag of a run that has none any more: the UI shows it
MAX_BYTES = 500 * 2**20  # of Dagster's records, whatever happens
MAX_RUNS = 10_000
PRUNE_INTERVAL = timedelta(hours=1)
REPOSITORY = "__repository__"  # as Dagster calls the one of a code location
KEPT_SMALL = "servicetitan-flow/kept small"  # when, in Dagster's own table of such marks
RUNS_BATCH = 100
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ended:
    """A run as its row tells it, without the rest, which takes a second per five thousand to read."""

    run_id: str
    job: str
    status: str

    @property
    def succeeded(self) -> bool:
        return self.status == dg.DagsterRunStatus.SUCCESS.value


def keep_small(instance: dg.DagsterInstance, now: datetime, days: int, most: int = MAX_RUNS, shard: str = "") -> int:
    """Takes the records down to what is worth its room, and gives the room back; how many runs are forgotten."""
    with event_log(instance).index_connection() as con:
        assets = assets_of(shard)
        forget_runless(con, naive(now - WITH_DETAILS), last_results(con, assets), assets)
    runs = with_details(instance, now - WITH_DETAILS, most, shard)
    forgotten = forget_details(instance, runs, shard)
    forgotten += forget_runs(instance, now - timedelta(days=days), most, shard)
    if len(runs) < most:  # no more to come, as there is where an older release has left all
        forgotten += fit_in(instance, now, shard=shard)
        run_storage(instance).set_cursor_values({of_shard(KEPT_SMALL, shard): now.isoformat()})
    give_back_room(instance)
    return forgotten


def is_due(instance: dg.DagsterInstance, now: datetime, shard: str = "") -> bool:
    """Whether it has not been done in the last hour; true, too, where that hour lies in the future."""
    mark = of_shard(KEPT_SMALL, shard)
    done = run_storage(instance).get_cursor_values({mark}).get(mark)
    return not done or abs(now - datetime.fromisoformat(done)) >= PRUNE_INTERVAL


def fit_in(instance: dg.DagsterInstance, now: datetime, most_bytes: int = MAX_BYTES, shard: str = "") -> int:
    """Forgets the oldest while all together are too large."""
    forgotten = 0
    while room_taken(instance) > most_bytes and (some := forget_runs(instance, now, RUNS_BATCH, shard)):
        forgotten += some
    return forgotten


def forget_details(instance: dg.DagsterInstance, runs: Sequence[Ended], shard: str) -> int:
    """Those that found nothing are forgotten, as many as it returns."""
    forgotten, kept = 0, last_of_its_kind(instance, shard)
    routine = {of_shard(job, shard) for job in ROUTINE}
    with event_log(instance).index_connection() as con:
        last = last_results(con, assets_of(shard))
    for some in chunks(runs):
        with event_log(instance).index_connection() as con:
            needed = kept | with_news(con, [run.run_id for run in some])
        idle = [run.run_id for run in some if run.succeeded and run.job in routine and run.run_id not in needed]
        forget(instance, idle)
        leave_less(instance, [run for run in some if run.run_id not in idle], last)
        forgotten += len(idle)
    return forgotten


def leave_less(instance: dg.DagsterInstance, runs: Sequence[Ended], last: Last) -> None:
    """Tagged before it is done: without the tag it would look as if it had found nothing."""
    for run in runs:
        instance.add_run_tags(run.run_id, OUTLINED)
    succeeded = [run.run_id for run in runs if run.succeeded]
    with event_log(instance).index_connection() as con:
        leave_outline(con, succeeded, last, hourly(con, succeeded))
        leave_errors(con, [run.run_id for run in runs if not run.succeeded], last)
    for run_id in succeeded:
        instance.compute_log_manager.delete_logs(prefix=[run_id])


def with_details(instance: dg.DagsterInstance, before: datetime, most: int, shard: str) -> list[Ended]:
    """The oldest first."""
    outlined = select(Tags.c.run_id).where(Tags.c.key == "details")
    return ended(instance, before, most, runs_of(shard) & Runs.c.run_id.not_in(outlined))


def ended(instance: dg.DagsterInstance, before: datetime, most: int, which: ColumnElement[bool]) -> list[Ended]:
    """The oldest first."""
    over = Runs.c.status.in_([status.value for status in FINISHED]) & (Runs.c.create_timestamp < naive(before))
    found = select(Runs.c.run_id, Runs.c.pipeline_name, Runs.c.status).where(over, which)
    with run_storage(instance).connect() as con:
        return [Ended(row[0], row[1], row[2]) for row in con.execute(found.order_by(Runs.c.id).limit(most))]


def runs_of(shard: str) -> ColumnElement[bool]:
    """Of its jobs, and what a person has made by itself of its assets; every run where it has no name."""
    if not shard:
        return true()
    location = f"{REPOSITORY}@{of_shard(LOCATION, shard)}"
    here = select(Tags.c.run_id).where(Tags.c.key == REPOSITORY_LABEL_TAG, Tags.c.value == location)
    jobs = Runs.c.pipeline_name.in_([of_shard(job, shard) for job in JOBS])
    return jobs | (Runs.c.pipeline_name.startswith(IMPLICIT_ASSET_JOB_NAME) & Runs.c.run_id.in_(here))


def forget_runs(instance: dg.DagsterInstance, before: datetime, most: int = MAX_RUNS, shard: str = "") -> int:
    """Those that ended, but the newest of each job, and those in which an asset was last made or a check last asked."""
    kept = last_of_its_kind(instance, shard)
    found = ended(instance, before, most + len(kept), runs_of(shard))
    old = [run.run_id for run in found if run.run_id not in kept]
    forget(instance, old)
    return len(old)


def forget(instance: dg.DagsterInstance, run_ids: Sequence[str]) -> None:
    """Dagster 1.13 leaves the answers of checks behind when it deletes a run: ten thousand rows a day."""
    for run_id in run_ids:
        instance.delete_run(run_id)
        instance.compute_log_manager.delete_logs(prefix=[run_id])
    for some in chunks(run_ids):
        with event_log(instance).index_connection() as con:
            con.execute(Answers.delete().where(Answers.c.run_id.in_(some)))


def last_of_its_kind(instance: dg.DagsterInstance, shard: str) -> set[str]:
    """Ids of runs that are kept: what their results and the newest run of a job say is still so."""
    with event_log(instance).index_connection() as con:
        asked = select(Answers.c.run_id).where(Answers.c.id.in_(last_results(con, assets_of(shard)).answers))
        answered = [*con.execute(asked).scalars()]
    return {*answered, *last_made(instance, shard), *newest(instance, shard)}


def newest(instance: dg.DagsterInstance, shard: str) -> set[str]:
    """Of each job."""
    last = select(func.max(Runs.c.id)).where(runs_of(shard)).group_by(Runs.c.pipeline_name)
    with run_storage(instance).connect() as con:
        return {*con.execute(select(Runs.c.run_id).where(Runs.c.id.in_(last))).scalars()}


def last_made(instance: dg.DagsterInstance, shard: str) -> Iterator[str]:
    for record in instance.get_asset_records(instance.get_asset_keys(prefix=[shard]) if shard else None):
        if made := record.asset_entry.last_materialization_record:
            yield made.run_id


def chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), RUNS_BATCH):
        yield items[start : start + RUNS_BATCH]


def naive(time: datetime) -> datetime:
    """As Dagster keeps it: in UTC, without saying so."""
    return time.replace(tzinfo=None)


def event_log(instance: dg.DagsterInstance) -> SqlEventLogStorage:
    storage = instance.event_log_storage
    assert isinstance(storage, SqlEventLogStorage), "every storage that Dagster ships is one"
    return storage


def run_storage(instance: dg.DagsterInstance) -> SqlRunStorage:
    storage = instance.run_storage
    assert isinstance(storage, SqlRunStorage), "every storage that Dagster ships is one"
    return storage
