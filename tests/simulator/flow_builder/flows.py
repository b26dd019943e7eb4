"""The flows that Flow Builder runs: each message may start some and end others, and their mails leave on their days."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from heapq import heappop, heappush
from itertools import count
from typing import Any

from tests.simulator.flow_builder.mails import DELAYS, Day, Flow, Mail

ASK_AGAIN_AFTER = timedelta(minutes=30)
ASK_FOR = timedelta(days=1)
FOR_NOW = {"stale_data", "paused"}  # reasons of the gate that pass by themselves

KNOWN = frozenset(map(str, Flow))

Data = Mapping[str, Any]
Gate = Callable[[str], Data | None]  # by a transition's id: what the gate answers, None where it knows nothing of it


class Manner(StrEnum):
    """How much of what it is told a Flow Builder minds.

    NAIVE starts what it is told and stops nothing. HEEDING stops what `ends` names, takes the visit from
    `appointment.changed`, and mails nothing of a visit that is over by its own clock. ASKING heeds as well, and asks
    the gate before each mail.
    """

    NAIVE = "naive"
    HEEDING = "heeding"
    ASKING = "asking"


@dataclass
class Run:
    """One flow for one customer. ``data`` is what was told last of it."""

    flow: Flow
    transition_id: str
    data: Data
    started_at: datetime
    is_ended: bool = False


@dataclass(order=True)
class Waiting:
    at: datetime
    place: int
    run: Run = field(compare=False)
    number: int = field(compare=False)
    until: datetime = field(compare=False)


@dataclass(frozen=True)
class Turn:
    """What came of a mail whose day had come. ``answer``: the gate's, where it was asked; ``mail``: None where none
    left; ``again_at``: when it is tried anew."""

    at: datetime
    run: Run
    number: int
    answer: Data | None = None
    mail: Mail | None = None
    again_at: datetime | None = None


class FlowBuilder:
    def __init__(self, manner: Manner, gate: Gate | None = None) -> None:
        if (gate is None) == (manner is Manner.ASKING):
            raise ValueError(f"{manner}: a gate belongs to the asking one, and to nobody else")
        self.manner, self.gate = manner, gate
        self.unreachable = 0  # mails that had no address
        self._seen: set[str] = set()
        self._runs: defaultdict[tuple[int, str], list[Run]] = defaultdict(list)
        self._of_customer: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
        self._waiting: list[Waiting] = []
        self._places = count()

    def take(self, webhook_id: str, body: Mapping[str, Any], now: datetime) -> Run | None:
        """A message that was verified, and the run that it starts; one that was seen before is dropped."""
        if webhook_id in self._seen:
            return None
        self._seen.add(webhook_id)
        data = body["data"]
        if self.manner is not Manner.NAIVE:
            self._heed(str(body["type"]), data)
        if data["flow_name"] in KNOWN and not data.get("test"):
            return self._start(data, now)
        return None

    @property
    def waiting(self) -> list[Waiting]:
        """Mails whose day is still to come, of flows that run."""
        return [one for one in self._waiting if not one.run.is_ended]

    @property
    def next_at(self) -> datetime | None:
        """When the next mail is due."""
        return self._waiting[0].at if self._waiting else None

    def due(self, now: datetime) -> Iterator[Mail]:
        return (turn.mail for turn in self.turns(now) if turn.mail)

    def turns(self, now: datetime) -> Iterator[Turn]:
        while self._waiting and self._waiting[0].at <= now:
            waiting = heappop(self._waiting)
            if not waiting.run.is_ended:
                yield self._turn(waiting)

    def _heed(self, kind: str, data: Data) -> None:
        if kind == "servicetitan.appointment.changed":
            for run in self._runs[data["tenant_id"], data["transition_id"]]:
                run.data = data
            return
        for transition_id in self._ended_by(data):
            for run in self._runs[data["tenant_id"], transition_id]:
                run.is_ended = True

    def _ended_by(self, data: Data) -> list[str]:
        """A product that names no ends yet means all that ran for the customer."""
        if "ends" in data:
            return [end["transition_id"] for end in data["ends"]]
        return self._of_customer[data["tenant_id"], data["customer_id"]]

    def _start(self, data: Data, now: datetime) -> Run:
        run = Run(Flow(data["flow_name"]), data["transition_id"], data, now)
        self._runs[data["tenant_id"], run.transition_id].append(run)
        self._of_customer[data["tenant_id"], data["customer_id"]].append(run.transition_id)
        for number, delay in enumerate(DELAYS):
            self._wait(now + delay, run, number, now + delay + ASK_FOR)
        return run

    def _wait(self, at: datetime, run: Run, number: int, until: datetime) -> None:
        heappush(self._waiting, Waiting(at, next(self._places), run, number, until))

    def _turn(self, waiting: Waiting) -> Turn:
        run, at = waiting.run, waiting.at
        turn = Turn(at, run, waiting.number)
        if self.manner is Manner.HEEDING and is_over(run, at):
            return turn
        if self.gate is None:
            return replace(turn, mail=self._mail(run, waiting, run.data))
        answer = self.gate(run.transition_id) or {"may_send": False, "reasons": ["unknown"]}
        turn = replace(turn, answer=answer)
        if answer["may_send"]:
            return replace(turn, mail=self._mail(run, waiting, answer["data"]))
        again_at = at + ASK_AGAIN_AFTER
        if FOR_NOW.isdisjoint(answer["reasons"]) or again_at > waiting.until:
            return turn
        self._wait(again_at, run, waiting.number, waiting.until)
        return replace(turn, again_at=again_at)

    def _mail(self, run: Run, waiting: Waiting, data: Data) -> Mail | None:
        email = (data.get("customer") or {}).get("email")
        if not email:
            self.unreachable += 1
            return None
        return Mail(
            at=waiting.at,
            flow=run.flow,
            number=waiting.number,
            tenant_id=data["tenant_id"],
            customer_id=data["customer_id"],
            transition_id=run.transition_id,
            email=email,
            job_id=data["job_id"],
            source_id=source_of(data),
            day=day_of(data),
        )


def is_over(run: Run, at: datetime) -> bool:
    """A flow that speaks of a visit has nothing to say after it, or where none is left."""
    day = day_of(run.data)
    return run.flow.is_of_a_visit and (day is None or day.end <= at)


def source_of(data: Data) -> int | None:
    cause = data.get("cause") or {}
    numbered = cause.get("source_table") in ("leads", "estimates", "jobs", "appointments")
    return int(cause["source_id"]) if numbered else None


def day_of(data: Data) -> Day | None:
    visit = data.get("appointment")
    if not visit or not visit["start"] or not visit["end"]:
        return None
    return Day(visit["id"], datetime.fromisoformat(visit["start_local"]), datetime.fromisoformat(visit["end_local"]))
