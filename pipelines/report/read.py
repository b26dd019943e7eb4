"""From the analysts' copy to the figures."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import duckdb

from pipelines.analytics.published import NotPublished
from pipelines.analytics.reader import reading
from pipelines.report import questions as ask
from pipelines.report.figures import Figures, Flow, Stage, TimeInState
from pipelines.report.period import WEEK, Period

Row = TypeVar("Row")
ENTERED = "Entered"


def read_figures(analytics: Path, tenants: Iterable[int], weeks: int, until: date | None = None) -> Figures:
    """Of the ``weeks`` weeks of which the last one holds ``until``, else the moment of the publication.

    Raises `NotPublished`.
    """
    if not analytics.exists():
        raise NotPublished(f"{analytics} is not there: it is published by the first sync")
    file = analytics.stat()
    return _read(analytics, (file.st_ino, file.st_mtime_ns), tuple(sorted(tenants)), weeks, until)


@lru_cache(maxsize=64)
def _read(
    analytics: Path,
    version: tuple[int, int],  # noqa: ARG001 (of the file: the figures are the same as long as it is)
    tenants: tuple[int, ...],
    weeks: int,
    until: date | None,
) -> Figures:
    try:
        with reading(analytics) as con:
            [as_of] = con.execute(ask.AS_OF).fetchone() or [None]
            if as_of is None:
                raise NotPublished(f"{analytics} holds nothing yet: the next sync publishes it")
            return _figures(Rows(con, tenants, Period.until(until or as_of.date(), weeks)), as_of)
    except duckdb.Error as error:
        problem = str(error).splitlines()[0]
        raise NotPublished(
            f"{analytics} is damaged or of an earlier release ({problem}): the next sync publishes it anew"
        ) from error


class Rows:
    """Answers to `questions`, of some tenants and a period."""

    def __init__(self, con: duckdb.DuckDBPyConnection, tenants: Sequence[int], period: Period) -> None:
        self._con, self.period = con, period
        self._given = {"tenants": list(tenants), "begins_at": period.begins_at, "ends_at": period.ends_at}
        for stays in (ask.RECENT, ask.COHORT):
            self._answer(stays)

    def of(self, kind: Callable[..., Row], query: str) -> tuple[Row, ...]:
        return tuple(kind(*row) for row in self._answer(query).fetchall())

    def _answer(self, query: str) -> duckdb.DuckDBPyConnection:
        return self._con.execute(query, {name: one for name, one in self._given.items() if f"${name}" in query})


def _figures(rows: Rows, as_of: datetime) -> Figures:
    period = rows.period
    states = dict(rows.of(ask.State, ask.STATES))
    moves, now = rows.of(ask.Moves, ask.MOVES), rows.of(ask.Standing, ask.STANDING)
    mails, sales = rows.of(ask.Mails, ask.MAILS), rows.of(ask.Sales, ask.SALES)
    stopped = rows.of(ask.Stopped, ask.STOPPED)
    people = rows.of(ask.Person, ask.people_at(one.stage for one in stopped)) if stopped else ()
    longest = rows.of(ask.Person, ask.LONGEST)
    named = rows.of(ask.Named, ask.names_of(one.customer_id for one in (*people, *longest)))
    names = {(one.tenant_id, one.customer_id): one.name for one in named}
    return Figures(
        as_of=as_of,
        period=period,
        states=states,
        funnel=_funnel(states, stopped, _with_names(people, names)),
        over_time=_over_time(period, as_of.date(), {one.state: one.customers for one in now}, moves),
        moves=tuple(one for one in moves if one.week < period.weeks),
        time_in_state=_time_in_state(now, rows.of(ask.Ended, ask.ENDED)),
        longest=_with_names(longest, names),
        flows=_flows(mails, rows.of(ask.Earned, ask.EARNED)),
        mails=mails,
        sales=sales,
    )


def _with_names(people: Sequence[ask.Person], names: Mapping[tuple[int, int], str | None]) -> tuple[ask.Person, ...]:
    return tuple(one._replace(name=names.get((one.tenant_id, one.customer_id))) for one in people)


def _funnel(
    states: Mapping[float, str], stopped: Sequence[ask.Stopped], people: Sequence[ask.Person]
) -> tuple[Stage, ...]:
    """Whoever came to a stage has passed those before it, whether seen there or not."""
    if not stopped:
        return ()
    at = {one.stage: one for one in stopped}
    stages = sorted({1, *at, *(int(state) for state in states if state > 0)})
    return tuple(
        Stage(
            stage=stage,
            name=ENTERED if stage == stages[0] else states.get(stage, str(stage)),
            customers=sum(one.customers for one in stopped if one.stage >= stage),
            under_way=at[stage].under_way if stage in at else 0,
            gone=at[stage].customers - at[stage].under_way if stage in at else 0,
            people=tuple(one for one in people if one.stage == stage),
        )
        for stage in stages
    )


def _over_time(
    period: Period, today: date, now: Mapping[float, int], moves: Sequence[ask.Moves]
) -> dict[date, dict[float, int]]:
    """Counted back from now: what has changed since the end of a week."""
    since: Counter[tuple[int, float]] = Counter()
    for move in moves:
        since[move.week, move.to_state] += move.transitions
        since[move.week, move.from_state] -= move.transitions
    states = sorted({state for _, state in since} | set(now) - {0.0})
    counted, last = Counter(now), max((week for week, _ in since), default=-1)
    found = {}
    for week in range(max(last, period.weeks - 1), -1, -1):
        monday = period.first + week * WEEK
        if week < period.weeks and monday <= today:
            found[min(monday + timedelta(days=6), today)] = {state: counted[state] for state in states if state > 0}
        for state in states:
            counted[state] -= since[week, state]
    return dict(sorted(found.items()))


def _time_in_state(now: Sequence[ask.Standing], ended: Sequence[ask.Ended]) -> tuple[TimeInState, ...]:
    here, before = {one.state: one for one in now}, {one.state: one for one in ended}
    return tuple(
        TimeInState(
            state=state,
            now=here.get(state) or ask.Standing(state, 0, 0, 0, 0, 0),
            stays=before[state].stays if state in before else 0,
            average_days=before[state].average_days if state in before else None,
        )
        for state in sorted({*here, *before})
    )


def _flows(mails: Sequence[ask.Mails], earned: Sequence[ask.Earned]) -> tuple[Flow, ...]:
    """In the order of their states, after what was sold without one; last those that were started before the period."""
    states: dict[str | None, float] = {one.flow_name: math.inf if one.flow_name else -1 for one in earned}
    for mail in mails:
        states[mail.flow_name] = min(mail.state, states.get(mail.flow_name, mail.state))
    by_name = {one.flow_name: one for one in earned}
    return tuple(
        _flow(name, mails, by_name.get(name)) for name in sorted(states, key=lambda name: (states[name], name or ""))
    )


def _flow(name: str | None, mails: Sequence[ask.Mails], earned: ask.Earned | None) -> Flow:
    became: Counter[str] = Counter()
    for mail in mails:
        if mail.flow_name == name:
            became[mail.became] += mail.messages
    return Flow(name, dict(became), earned.sales if earned else 0, earned.sold_subtotal if earned else Decimal())
