"""Runs that are over, forgotten with their events, the answers of their checks, and what they printed."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import dagster as dg
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable as Answers
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from sqlalchemy import func, select

FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
MOST_A_NIGHT = 10_000
AT_ONCE = 500


def forget_runs(instance: dg.DagsterInstance, before: datetime) -> int:
    """Those that ended, but the newest of each job, and those in which an asset was last made or a check last asked."""
    ended = dg.RunsFilter(statuses=FINISHED, created_before=before)
    records = instance.get_run_records(ended, limit=MOST_A_NIGHT, ascending=True)
    runs = [record.dagster_run for record in records]
    kept = {*last_made(instance), *last_asked(instance), *newest(instance, {run.job_name for run in runs})}
    old = [run.run_id for run in runs if run.run_id not in kept]
    for run_id in old:
        instance.delete_run(run_id)
        instance.compute_log_manager.delete_logs(prefix=[run_id])
    forget_answers(instance, old)
    return len(old)


def newest(instance: dg.DagsterInstance, job_names: Iterable[str]) -> Iterator[str]:
    for name in job_names:
        yield from (run.run_id for run in instance.get_runs(dg.RunsFilter(job_name=name), limit=1))


def last_made(instance: dg.DagsterInstance) -> Iterator[str]:
    for record in instance.get_asset_records():
        if made := record.asset_entry.last_materialization_record:
            yield made.run_id


def last_asked(instance: dg.DagsterInstance) -> Iterator[str]:
    last = select(func.max(Answers.c.id)).group_by(Answers.c.asset_key, Answers.c.check_name)
    with event_log(instance).index_connection() as con:
        yield from map(str, con.execute(select(Answers.c.run_id).where(Answers.c.id.in_(last))).scalars())


def forget_answers(instance: dg.DagsterInstance, run_ids: Sequence[str]) -> None:
    """Dagster 1.13 leaves the answers of checks behind when it deletes a run: ten thousand rows a day."""
    for start in range(0, len(run_ids), AT_ONCE):
        with event_log(instance).index_connection() as con:
            con.execute(Answers.delete().where(Answers.c.run_id.in_(run_ids[start : start + AT_ONCE])))


def event_log(instance: dg.DagsterInstance) -> SqlEventLogStorage:
    storage = instance.event_log_storage
    assert isinstance(storage, SqlEventLogStorage), "every storage that Dagster ships is one"
    return storage
