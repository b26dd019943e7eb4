"""What a run leaves in Dagster's event log, and what of it is still of use once it is over.

Dagster writes some 240 events a run, half a megabyte, most of it for the executor's own use. The last materialization
of each asset and the last answer of each check always stay: the UI, freshness and the alerts read them. So does the
last run that was to make an asset: by its end the UI shows the asset as failed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dagster import DagsterEventType as Type
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus as Status
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable as Answers
from dagster._core.storage.event_log.schema import AssetEventTagsTable as EventTags
from dagster._core.storage.event_log.schema import AssetKeyTable as Assets
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable as Events
from sqlalchemy import ColumnElement, Connection, Select, func, select

from orchestration.assets.specs import ANALYTICS, DELIVERIES, STATES

MADE = Type.ASSET_MATERIALIZATION.value
PLANNED = Type.ASSET_MATERIALIZATION_PLANNED.value
RESULTS = [MADE, Type.ASSET_CHECK_EVALUATION.value]
# Read while a run goes on, and when one that failed is executed again from its failure.
BOOKKEEPING = [
    one.value
    for one in (
        Type.STEP_OUTPUT,
        Type.HANDLED_OUTPUT,
        Type.LOADED_INPUT,
        Type.ASSET_MATERIALIZATION_PLANNED,
        Type.ASSET_CHECK_EVALUATION_PLANNED,
        Type.RESOURCE_INIT_STARTED,
        Type.RESOURCE_INIT_SUCCESS,
    )
]
OUTLINE = [one.value for one in (Type.RUN_START, Type.RUN_SUCCESS, Type.RUN_CANCELED)]  # beside what it logged
PLOTTED = STATES.to_string()
NEWS = [ANALYTICS.to_string(), DELIVERIES.to_string()]  # made only where something had changed, or was sent


@dataclass(frozen=True)
class Last:
    """Ids of what each asset and each check last came to, and of who was to make each asset."""

    events: Sequence[int]
    answers: Sequence[int]


def last_results(con: Connection) -> Last:
    events = [one for kind in (MADE, PLANNED) for one in con.execute(newest_by_asset(kind)).scalars()]
    answered = Answers.c.execution_status.in_([Status.SUCCEEDED.value, Status.FAILED.value])
    newest = select(func.max(Answers.c.id)).where(answered).group_by(Answers.c.asset_key, Answers.c.check_name)
    rows = con.execute(select(Answers.c.id, Answers.c.evaluation_event_storage_id).where(Answers.c.id.in_(newest)))
    answers = {row[0]: row[1] for row in rows}
    return Last([one for one in (*events, *answers.values()) if one is not None], [*answers])


def newest_by_asset(kind: str) -> Select[tuple[int | None]]:
    newest = select(func.max(Events.c.id)).where(Events.c.dagster_event_type == kind)
    return select(newest.where(Events.c.asset_key == Assets.c.asset_key).scalar_subquery()).select_from(Assets)


def with_news(con: Connection, run_ids: Sequence[str]) -> set[str]:
    """Those that published or delivered something."""
    made = select(Events.c.run_id).where(Events.c.run_id.in_(run_ids), Events.c.dagster_event_type == MADE)
    return set(con.execute(made.where(Events.c.asset_key.in_(NEWS))).scalars())


def forget_runless(con: Connection, before: datetime, last: Last) -> None:
    """What belongs to no run: freshness, and what sensors posted. The last of each kind of each asset stays."""
    runless, kind = Events.c.run_id == "", [Events.c.asset_key, Events.c.dagster_event_type]
    newest = select(func.max(Events.c.id)).where(runless).group_by(*kind)
    old = runless & (Events.c.timestamp < before) & Events.c.id.not_in(newest) & Events.c.id.not_in(last.events)
    con.execute(EventTags.delete().where(EventTags.c.event_id.in_(select(Events.c.id).where(old))))
    con.execute(Events.delete().where(old))
    answered = Answers.c.evaluation_event_timestamp < before
    con.execute(Answers.delete().where(Answers.c.run_id == "", answered, Answers.c.id.not_in(last.answers)))


def forget_bookkeeping(con: Connection, run_id: str) -> None:
    """Of a run that has succeeded."""
    mine, type_ = Events.c.run_id == run_id, Events.c.dagster_event_type
    forget_plans(con, run_id)
    con.execute(Events.delete().where(mine, type_.in_(BOOKKEEPING), type_ != PLANNED))


def forget_plans(con: Connection, run_id: str) -> None:
    """Of a run that has succeeded, and of those before it that had. Where one that failed was to make the same asset,
    this one's stays: it is the newest, and the asset no longer red."""
    kind, older = Events.c.dagster_event_type, Events.alias()
    own = select(older.c.asset_key).where(older.c.run_id == run_id, older.c.dagster_event_type == PLANNED)
    ended = select(older.c.run_id).where(older.c.dagster_event_type == Type.RUN_SUCCESS.value, older.c.run_id != run_id)
    con.execute(
        Events.delete().where(kind == PLANNED, Events.c.asset_key.in_(own), Events.c.run_id.in_(ended)),
    )
    same = (older.c.asset_key == Events.c.asset_key) & (older.c.dagster_event_type == PLANNED)
    failed_before = select(older.c.id).where(same, older.c.id < Events.c.id).exists()
    con.execute(Events.delete().where(kind == PLANNED, Events.c.run_id == run_id, ~failed_before))


def leave_outline(con: Connection, run_ids: Sequence[str], last: Last, plotted: Sequence[int] = ()) -> None:
    """Of runs that have succeeded: when they ran, what they logged, and results that no later run has replaced, or that
    are ``plotted``."""
    type_ = Events.c.dagster_event_type
    gone = type_.is_not(None) & type_.not_in(OUTLINE) & Events.c.id.not_in(plotted)
    forget_events(con, run_ids, gone, last)


def hourly(con: Connection, run_ids: Sequence[str]) -> list[int]:
    """Ids of what the UI plots over time, the last of each hour: 5 KB each."""
    made = (Events.c.dagster_event_type == MADE) & (Events.c.asset_key == PLOTTED)
    plotted = select(Events.c.timestamp, Events.c.id).where(Events.c.run_id.in_(run_ids), made).order_by(Events.c.id)
    by_hour = {row[0].replace(minute=0, second=0, microsecond=0): row[1] for row in con.execute(plotted)}
    return [*by_hour.values()]


def leave_errors(con: Connection, run_ids: Sequence[str], last: Last) -> None:
    """Of runs that have failed: all but bookkeeping, and results, that a later run has replaced."""
    forget_events(con, run_ids, Events.c.dagster_event_type.in_([*BOOKKEEPING, *RESULTS]), last)


def forget_events(con: Connection, run_ids: Sequence[str], which: ColumnElement[bool], last: Last) -> None:
    gone = Events.c.run_id.in_(run_ids) & which & Events.c.id.not_in(last.events)
    con.execute(EventTags.delete().where(EventTags.c.event_id.in_(select(Events.c.id).where(gone))))
    con.execute(Events.delete().where(gone))
    con.execute(Answers.delete().where(Answers.c.run_id.in_(run_ids), Answers.c.id.not_in(last.answers)))


def previous_success(con: Connection, run_id: str) -> str | None:
    """The run that succeeded last before this one, as far as it is still on record."""
    ended = select(Events.c.run_id).where(Events.c.dagster_event_type == Type.RUN_SUCCESS.value)
    earlier = ended.where(Events.c.run_id != run_id).order_by(Events.c.id.desc()).limit(1)
    return con.execute(earlier).scalar()
