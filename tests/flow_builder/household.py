"""One customer on paper: transitions, facts and rows, decided about by the product's own function and no store."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import md5
from itertools import count
from typing import Any

from msgspec.structs import replace as with_facts

from pipelines.flow_builder.customer import Customer, Transition
from pipelines.flow_builder.delivery import Delivery, Key, Situation
from pipelines.flow_builder.facts import Facts, TypedEmail, Visit
from pipelines.flow_builder.policy import decide
from pipelines.flow_builder.statuses import Status

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
KEY = Key(410387862, 1001)
WORDS = "past over twice converted do_not_service do_not_mail marketing_opt_out cancel_reason by_hand"
FLOWS = {1.0: "Email Followup", 2.0: "What to Expect", 2.5: "Sorry We missed you", 3.0: "Unsold Estimates"}
FLOWS |= {4.0: "Scheduled the Install", 5.0: "What to Expect install", 5.5: "Lets reschedule", 6.0: "Install Job Done"}
SHIPPED = {1.0: "converted do_not_service do_not_mail marketing_opt_out by_hand"}
SHIPPED |= dict.fromkeys((2.0,), "past twice do_not_service do_not_mail by_hand")
SHIPPED |= {5.0: "past do_not_service do_not_mail by_hand"}
SHIPPED |= dict.fromkeys((2.5, 5.5), "over do_not_service do_not_mail marketing_opt_out cancel_reason by_hand")
SHIPPED |= {3.0: "do_not_service do_not_mail marketing_opt_out by_hand", 4.0: "do_not_service do_not_mail by_hand"}
SHIPPED |= {6.0: "over do_not_service do_not_mail marketing_opt_out by_hand"}
SETTLES = {2.5: 60, 3.0: 120, 5.5: 60}


def visit(visit_id: int, starts_at: datetime, **changes: Any) -> Visit:
    """Of two hours."""
    ends_at = starts_at + 2 * HOUR
    made = Visit(visit_id, True, "Scheduled", starts_at, ends_at, starts_at, starts_at + HOUR, None)
    return with_facts(made, **changes)


class Household:
    """``now`` is the clock of its syncs, each five minutes after what was before; all is read to its end."""

    def __init__(self, **situation: Any) -> None:
        self.now = NOW
        self.situation = {"max_age": timedelta(hours=72)} | situation
        self.is_active = True
        self.is_alias = False
        self.transitions: dict[str, Transition] = {}
        self.facts: dict[str | None, Facts] = {None: Facts(tenant_id=KEY[0], servicetitan_customer_id=KEY[1])}
        self.rows: list[Delivery] = []
        self.sequence = count(1)

    def enters(self, state: float, job_id: int | None = None, *visits: Visit, **more: Any) -> str:
        """Seen by the next sync; ``ago`` it happened."""
        seen_at = self.now + 5 * MINUTE
        occurred_at = self.now - more.pop("ago", timedelta())
        name = md5(f"{len(self.transitions)}".encode()).hexdigest()
        is_reset, is_baseline = more.pop("is_reset", False), more.pop("is_baseline", False)
        self.transitions[name] = Transition(
            name,
            state,
            FLOWS.get(state),
            job_id,
            occurred_at,
            seen_at,
            is_reset=is_reset,
            is_completion=state == 6.0,
            is_baseline=is_baseline,
            is_reclassified=more.pop("is_reclassified", False),
        )
        self.facts[name] = Facts(
            tenant_id=KEY.tenant_id,
            servicetitan_customer_id=KEY.customer_id,
            transition_id=name,
            job_id=job_id,
            to_state=state,
            flow_name=FLOWS.get(state),
            settle_minutes=SETTLES.get(state, 0),
            suppressed_by=SHIPPED.get(state),
            occurred_at=occurred_at,
            detected_at=seen_at,
            visits=visits,
            emails=[TypedEmail("ada@example.com", is_opted_out=False)],
            **more,
        )
        return name

    def books(self, job_id: int, starts_in: timedelta, **more: Any) -> str:
        """A sales visit, whose number is the job's with a 0 behind."""
        return self.enters(2.0, job_id, visit(job_id * 10, self.now + starts_in), location_id=9, **more)

    def moves(self, name: str, starts_in: timedelta) -> None:
        [one] = self.facts[name].visits
        self.change(name, visits=[visit(one.id, self.now + starts_in)])

    def change(self, name: str, **facts: Any) -> None:
        self.facts[name] = with_facts(self.facts[name], **facts)

    def change_customer(self, **facts: Any) -> None:
        for name in self.facts:
            self.change(name, **facts) if name else None

    def retract(self, name: str) -> None:
        self.transitions[name] = replace(self.transitions[name], stands=False)

    def bring_back(self, name: str, occurred_at: datetime | None = None) -> None:
        known = self.transitions[name]
        self.transitions[name] = replace(known, stands=True, occurred_at=occurred_at or known.occurred_at)
        self.change(name, occurred_at=occurred_at or known.occurred_at)

    def customer(self) -> Customer:
        known = {row.transition_id for row in self.rows}
        transitions = [one for name, one in self.transitions.items() if one.stands or name not in known]
        transitions.sort(key=lambda one: one.occurred_at)
        return Customer(KEY, self.is_active, self.is_alias, transitions, self.facts, self.rows)

    def sync(self, after: timedelta = 5 * MINUTE, **situation: Any) -> list[Delivery]:
        """The rows that are new, or other than before."""
        self.now += after
        values = {"now": self.now, "whole_from": self.now} | self.situation | situation
        before = [unmarked(row) for row in self.rows]
        rows = decide(self.customer(), Situation(**values))
        self.rows = [replace(row, sequence=row.sequence or next(self.sequence)) for row in rows]
        self.rows.sort(key=lambda row: row.sequence or 0)
        again = decide(self.customer(), Situation(**values))
        assert again == self.rows, "a second sync at once has nothing to do"
        return [row for row in self.rows if unmarked(row) not in before]

    def ends(self, row: Delivery, status: Status, **columns: Any) -> None:
        """An attempt of it ended so."""
        i = next(i for i, one in enumerate(self.rows) if one.webhook_id == row.webhook_id)
        self.rows[i] = replace(self.rows[i], status=status, begun=True, **columns)

    def deliver(self) -> list[Delivery]:
        """What is due and waits for no other goes, and is taken."""
        gone = []
        for row in self.rows:
            if row.status in (Status.PENDING, Status.RETRY):
                if row.settles_at or (row.flow_until and row.flow_until <= self.now):
                    break
                gone.append(row)
                self.ends(row, Status.DELIVERED)
        return gone

    def go_on(self, after: timedelta = 5 * MINUTE, **situation: Any) -> list[Delivery]:
        """A sync, and what it sends is taken."""
        self.sync(after, **situation)
        return self.deliver()


def unmarked(row: Delivery) -> Delivery:
    """Without what the next comparison with the log asks for."""
    return replace(row, stands=True, is_newest=False, was_retracted=False)


def flows(rows: Sequence[Delivery]) -> list[str | None]:
    return [row.flow_name for row in rows]
