"""What a run leaves in Dagster's event log, and what of it is still of use once it is over.

Dagster writes some 240 events a run, half a megabyte, most of it for the executor's own use. The last materialization
of each asset and the last answer of each check always stay: the UI, freshness and the alerts read them. So does the
last run that was to make an asset: by its end the UI shows the asset as failed.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from dagster import AssetKey, EventLogEntry
from dagster import DagsterEventType as Type
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus as Status
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable as Answers
from dagster._core.storage.event_log.schema import AssetEventTagsTable as EventTags
from dagster._core.storage.event_log.schema import AssetKeyTable as Assets
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable as Events
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from sqlalchemy import ColumnElement, Connection, Select, func, or_, select, true

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
PLOTTED = STATES
NEWS = [ANALYTICS, DELIVERIES]  # made only where something had changed, or was sent


Which = Callable[[ColumnElement[str]], ColumnElement[bool]]  # of assets, by the column with their keys


def assets_of(shard: str) -> Which:
    """Every asset where it has no name."""
    start = f'["{shard}", '  # as `dagster.AssetKey.to_string` writes it
    return lambda asset_key: asset_key.startswith(start, autoescape=True) if shard else true()


def is_(asset: AssetKey, asset_key: ColumnElement[str]) -> ColumnElement[bool]:
    """Of whichever shard."""
    return asset_key.endswith(asset.to_string()[1:], autoescape=True)


@dataclass(frozen=True)
class Last:
    """Ids of what each asset and each check last came to, and of who was to make each asset."""

    events: Sequence[int]
    answers: Sequence[int]


def is_kept(event: EventLogEntry) -> bool:
    """No check is ever planned."""
    return event.dagster_event_type != Type.ASSET_CHECK_EVALUATION_PLANNED


def keep_what_is_of_use(events: SqlEventLogStorage, event: EventLogEntry) -> None:
    """Called with each event that was stored; at the end of a run that has succeeded there is something to do."""
    if event.dagster_event_type != Type.RUN_SUCCESS:
        return
    try:
        with events.index_transaction() as con:
            forget_bookkeeping(con, event.run_id)
            before = previous_success(con, event.run_id)
            if before and not with_news(con, [before]):
                leave_outline(con, [before], last_results(con, of_run(con, before)))
    except Exception as error:  # the run has succeeded all the same
        logging.getLogger(__name__).warning("events of run %s stay as they are: %s", event.run_id, error)


def of_run(con: Connection, run_id: str) -> Which:
    """What it made or asked."""
    keys: set[str] = set()
    for one in (Events, Answers):
        asked = select(one.c.asset_key).where(one.c.run_id == run_id, one.c.asset_key.is_not(None)).distinct()
        keys.update(con.execute(asked).scalars())
    return lambda asset_key: asset_key.in_(keys)


def last_results(con: Connection, which: Which) -> Last:
    events = [one for kind in (MADE, PLANNED) for one in con.execute(newest_by_asset(kind, which)).scalars()]
    answered = Answers.c.execution_status.in_([Status.SUCCEEDED.value, Status.FAILED.value])
    mine = which(Answers.c.asset_key)
    newest = select(func.max(Answers.c.id)).where(answered, mine).group_by(Answers.c.asset_key, Answers.c.check_name)
    rows = con.execute(select(Answers.c.id, Answers.c.evaluation_event_storage_id).where(Answers.c.id.in_(newest)))
    answers = {row[0]: row[1] for row in rows}
    return Last([one for one in (*events, *answers.values()) if one is not None], [*answers])


def newest_by_asset(kind: str, which: Which) -> Select[tuple[int | None]]:
    newest = select(func.max(Events.c.id)).where(Events.c.dagster_event_type == kind)
    of_asset = newest.where(Events.c.asset_key == Assets.c.asset_key).scalar_subquery()
    return select(of_asset).select_from(Assets).where(which(Assets.c.asset_key))


def with_news(con: Connection, run_ids: Sequence[str]) -> set[str]:
    """Those that published or delivered something."""
    made = select(Events.c.run_id).where(Events.c.run_id.in_(run_ids), Events.c.dagster_event_type == MADE)
    return set(con.execute(made.where(or_(*(is_(one, Events.c.asset_key) for one in NEWS)))).scalars())


def forget_runless(con: Connection, before: datetime, last: Last, which: Which) -> None:
    """What belongs to no run: freshness, and what sensors posted. The last of each kind of each asset stays."""
    runless = (Events.c.run_id == "") & which(Events.c.asset_key)
    kind = [Events.c.asset_key, Events.c.dagster_event_type]
    newest = select(func.max(Events.c.id)).where(runless).group_by(*kind)
    old = runless & (Events.c.timestamp < before) & Events.c.id.not_in(newest) & Events.c.id.not_in(last.events)
    con.execute(EventTags.delete().where(EventTags.c.event_id.in_(select(Events.c.id).where(old))))
    con.execute(Events.delete().where(old))
    answered = (Answers.c.evaluation_event_timestamp < before) & which(Answers.c.asset_key)
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
    made = (Events.c.dagster_event_type == MADE) & is_(PLOTTED, Events.c.asset_key)
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
    """The run that succeeded last before this one and made the same, as far as it is still on record: one before it may
    be another shard's."""
    made = select(Events.c.asset_key).where(Events.c.run_id == run_id, Events.c.dagster_event_type == MADE)
    if not (first := con.execute(made.order_by(Events.c.id).limit(1)).scalar()):
        return None
    result = Events.alias()
    same = select(result.c.id).where(result.c.run_id == Events.c.run_id, result.c.asset_key == first).exists()
    ended = select(Events.c.run_id).where(Events.c.dagster_event_type == Type.RUN_SUCCESS.value, same)
    earlier = ended.where(Events.c.run_id != run_id).order_by(Events.c.id.desc()).limit(1)
    return con.execute(earlier).scalar()
