"""One customer, told: what happened, what came of it, and what comes next."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pipelines.actions.schemas.state_names import State
from pipelines.console import words
from pipelines.flow_builder.outbox.lists import Attempt
from pipelines.flow_builder.statuses import UNFINISHED, Status
from pipelines.operations import moment

Row = Mapping[str, Any]
States = Mapping[float, State]
MOST = 200
ANSWER = 200  # characters of it


@dataclass(frozen=True)
class Entry:
    """``moves``: from which state to which. ``message``: of one, its row in the outbox."""

    at: datetime
    title: str
    record: str = ""
    moves: str = ""
    notes: Sequence[str] = field(default_factory=tuple)
    message: Row | None = None


def timeline(
    found: Row, messages: Iterable[Row], attempts: Mapping[str, Sequence[Attempt]], states: States
) -> list[Entry]:
    """The newest first. ``found``: as `pipelines.analytics.customer_history.history` gives it; ``attempts``: by
    message; ``states``: by number."""
    by_event = {one["event_id"]: one for one in found["transitions"] if not one["retracted_at"]}
    entries = [
        *(of_event(event, by_event.pop(event["event_id"], None)) for event in found["events"] if event["occurred_at"]),
        *map(of_change, by_event.values()),
        *(of_change(one) for one in found["transitions"] if one["retracted_at"]),
    ]
    told = [of_message(row, attempts.get(row["webhook_id"], ()), states) for row in messages]
    return sorted([*entries, *told], key=lambda entry: (entry.at, entry.message is not None), reverse=True)


def of_event(event: Row, transition: Row | None) -> Entry:
    notes = [] if transition else [f"No change: {words.why_no_transition(event)}."]
    return Entry(
        event["occurred_at"],
        words.event(event["event_name"]),
        record(event),
        moves(transition) if transition else "",
        [*notes, *(marks(transition) if transition else ())],
    )


def of_change(transition: Row) -> Entry:
    """Without an event: a reset, or what was taken back."""
    return Entry(
        transition["occurred_at"],
        words.event(transition["event_name"]),
        record(transition),
        moves(transition),
        [*marks(transition)],
    )


def record(row: Row) -> str:
    """``estimate 31, job 5551``."""
    kind = words.RECORDS.get(row["source_table"] or "", row["source_table"])
    own = f"{kind} {row['source_id']}" if kind and row["source_table"] != "state_updates" else kind or ""
    job = f"job {row['job_id']}" if row["job_id"] and row["source_table"] != "jobs" else ""
    return ", ".join(filter(None, (own, job)))


def moves(transition: Row) -> str:
    to = words.state(transition["to_state"], transition["to_state_name"])
    return f"{words.state(transition['from_state'], transition['from_state_name'])} → {to}"


def marks(transition: Row) -> Iterator[str]:
    if transition["retracted_at"]:
        yield "Taken back: the record no longer says so."
    elif transition["is_baseline"]:
        yield f"No mail: {words.reason('baseline')}."
    elif transition.get("is_reclassified"):
        yield f"No mail: {words.reason('reclassified')}."


def of_message(row: Row, attempts: Sequence[Attempt], states: States) -> Entry:
    notes = [f"{why[0].upper()}{why[1:]}." for why in (words.why_no_flow(row, states),) if why]
    if attempts:
        notes.append(answered(attempts[-1], len(attempts)))
    notes += [f"{one['action']} by {one['decided_by']}: {one['reason']}" for one in row["decisions"]]
    return Entry(moment(row["created_at"]), f"Message: {words.what_it_tells(row, states)}", notes=notes, message=row)


def answered(last: Attempt, count: int) -> str:
    times = f" (attempt {count})" if count > 1 else ""
    if last.http_status is None:
        return f"Flow Builder gave no answer{times}: {last.error or 'it is on its way'}"
    said = " ".join((last.answer or "").split())
    return f"Flow Builder answered {last.http_status}{times}{': ' if said else ''}{said[:ANSWER]}"


@dataclass(frozen=True)
class Step:
    """What comes next: words before the moment, and after it."""

    before: str
    at: datetime | None = None
    after: str = ""
    message: Row | None = None


def next_steps(found: Row, messages: Sequence[Row], is_paused: bool, states: States) -> Iterator[Step]:
    """``messages``: the newest first."""
    before = list[Row]()
    for row in reversed(messages):
        yield from of_waiting(row, before, is_paused, states)
        before += [row] * (row["status"] in UNFINISHED)
    for event in found["events"]:
        if event["verdict"] == "waiting" and event["occurred_at"]:
            what = words.event(event["event_name"])
            yield Step(f"{what} ({record(event)}) counts from", event["occurred_at"])
    if found["state"]["reset_due_at"]:
        yield Step("Goes to 0 Contact Record on", found["state"]["reset_due_at"], "if nothing happens before")


def of_waiting(row: Row, before: Sequence[Row], is_paused: bool, states: States) -> Iterator[Step]:
    """``before``: what has to leave first."""
    what = f"The message that {words.what_it_tells(row, states)}"
    match row["status"]:
        case Status.HELD:
            yield Step(f"{what} is held: a person releases or cancels it", message=row)
        case Status.PENDING | Status.RETRY if held := [one for one in before if one["status"] == Status.HELD]:
            yield Step(f"{what} waits for an earlier one, which is held", message=held[0])
        case Status.PENDING if is_paused:
            yield Step(f"{what} waits: the tenant is paused", message=row)
        case Status.PENDING if row["settles_at"]:
            after = "has settled it, if it is still so then"
            yield Step(f"{what} is due once a sync that begins after", moment(row["settles_at"]), after, row)
        case Status.PENDING if before:
            yield Step(f"{what} waits for an earlier one", message=row)
        case Status.PENDING:
            yield Step(f"{what} is due now", message=row)
        case Status.SENDING:
            yield Step(f"{what} is on its way", message=row)
        case Status.RETRY:
            at = moment(row["next_attempt_at"]) if row["next_attempt_at"] else None
            yield Step(f"{what} failed, and is tried again at", at, message=row)
