"""May a delivery go once more, and as what: judged by what the outbox knows, for the warehouse is not opened here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pipelines.flow_builder.customer import Transition
from pipelines.flow_builder.delivery import ALL, NEVER_OVERRIDDEN, Delivery
from pipelines.flow_builder.event import body
from pipelines.flow_builder.outbox.gate_view import GateView, read_view
from pipelines.flow_builder.policy import Decision
from pipelines.flow_builder.reasons import REASONS, Candidate
from pipelines.flow_builder.statuses import Status
from pipelines.flow_builder.writing import written
from pipelines.operations import Connection
from pipelines.settings import Settings

NO_REASON_HERE = ("reclassified", "stale", "expired")
NOT_KNOWN = "a later transition of this customer is known, and what its body would say is not kept"
WORDS = {
    "inactive": "the customer is inactive or merged away",
    "shadow": "the tenant is in shadow",
    "superseded": "a later transition of this customer is known",
    "baseline": "it is history, which counts as told",
    "untold": "its state starts no flow, and nothing was ever told of this customer",
    "replaced": "its state was told already, for another cause",
    "late": "a later transition of the customer was told already",
    "past": "its visit is over, or called off",
    "over": "the office tidies up what is long over",
    "twice": "the same visit was told as another job's",
    "converted": "the lead is not open any more",
    "do_not_service": "the customer is marked do not service",
    "do_not_mail": "the customer is marked do not mail",
    "marketing_opt_out": "the customer opted out of marketing",
    "cancel_reason": "the reason of the cancellation starts no flow",
    "by_hand": "the state was set by hand, without its flow",
    "commercial": "the customer is commercial",
    "no_address": "there is no e-mail to write to",
}
BODY = "select body, reason from deliveries where webhook_id = ?"
KEY = "select tenant_id, customer_id, transition_id from deliveries where webhook_id = ?"


class Refused(Exception):
    """Why it may not go again."""


@dataclass(frozen=True, slots=True)
class Replay:
    """``body``: what is written anew; None: it goes as it was. ``overridden``: the reasons against it that a person
    overrode."""

    row: Delivery
    body: bytes | None
    overridden: tuple[str, ...] = ()


def plan_replay(con: Connection, settings: Settings, row: Delivery, now: datetime, *, anyway: bool) -> Replay:
    """Raises `Refused`."""
    view = read_view(con, settings, row.transition_id, now) if row.transition_id else None
    is_kept, is_baseline = body_of(con, row.webhook_id)
    if row.begun and not is_kept:
        raise Refused("its body is not kept any longer (RETENTION_DAYS)")
    if row.transition_id and not row.stands:
        raise Refused("its transition was retracted")
    if row.kind != "changed":
        return as_it_was(con, row, view)
    if view is None:
        raise Refused("no such delivery")
    judged = Judged(view, row)
    against = [*(["baseline"] if is_baseline else []), *judged.against()]
    refuse(against, anyway=anyway)
    row = replace(row, overrides=with_overrides(row.overrides, against))
    if row.begun:
        flow_until = None if "past" in against else row.flow_until
        return Replay(replace(row, flow_until=flow_until), None, tuple(against))
    return Replay(*judged.written_anew(row), tuple(against))


def with_overrides(before: str, against: Sequence[str]) -> str:
    """No more than these: what comes to hold later keeps its say."""
    return before if before == ALL else " ".join(dict.fromkeys([*before.split(), *NO_REASON_HERE, *against]))


def refuse(against: Sequence[str], *, anyway: bool) -> None:
    if firm := [reason for reason in against if reason in NEVER_OVERRIDDEN]:
        raise Refused(WORDS[firm[0]])
    if against and not anyway:
        raise Refused(f"{WORDS[against[0]]}; `anyway` overrides {', '.join(against)}")


def body_of(con: Connection, webhook_id: str) -> tuple[bool, bool]:
    """Whether it has one, and whether it is history."""
    text, reason = con.execute(BODY, [webhook_id]).fetchone()
    return text is not None, reason == "baseline"


def as_it_was(con: Connection, row: Delivery, view: GateView | None) -> Replay:
    """Of what tells no transition. Raises `Refused`."""
    if not row.begun:
        raise Refused(
            "it was never tried, and says what was so then; the next sync writes it anew where it is still so"
        )
    if later(con, row):
        raise Refused("something later was told of this customer")
    if row.kind == "moved" and (view is None or row.transition_id not in view.current):
        raise Refused(WORDS["superseded"])
    return Replay(row, None)


def later(con: Connection, row: Delivery) -> bool:
    """Of a visit that has moved: about its transition."""
    asked = "transition_id = :transition_id" if row.kind == "moved" else "told_state is not null"
    query = f"""select count(*) from deliveries
        where tenant_id = :tenant_id and customer_id = :customer_id and sequence > :sequence and {asked}
            and (status in ('pending', 'sending', 'retry', 'held', 'delivered') or may_have_arrived = 1)"""
    values = {"transition_id": row.transition_id, "sequence": row.sequence, **row.key._asdict()}
    return bool(con.execute(query, values).fetchone()[0])


class Judged:
    """A ``changed`` row against all others of its customer."""

    def __init__(self, view: GateView, row: Delivery) -> None:
        self.view, self.row = view, row
        self.others = [one for one in view.customer.rows if one.webhook_id != row.webhook_id]
        self.decision = Decision(view.customer, view.situation)
        lasting = self.decision.runs.lasting
        self.transition: Transition | None = lasting.get(str(row.transition_id))

    def against(self) -> Iterator[str]:
        transition, row = self.transition, self.row
        if self.is_told_again():
            raise Refused("its transition was told again since")
        if not self.view.customer.is_active:
            yield "inactive"
        if self.view.situation.is_shadow:
            yield "shadow"
        if row.transition_id not in self.view.current:
            yield "superseded"
        if transition is None:
            return
        case = Candidate(self.decision.outlook, transition, self.others)
        yield from (name for name in ("untold", "replaced", "late") if REASONS[name](case))
        if row.flow_name if row.begun else transition.flow_name:
            yield from self.decision.outlook.suppressions(transition, self.others)

    def is_told_again(self) -> bool:
        about = self.view.about(str(self.row.transition_id))
        later = [one for one in about if (one.sequence or 0) > (self.row.sequence or 0)]
        return any(one.kind == "changed" and one.is_told for one in later)

    def written_anew(self, row: Delivery) -> tuple[Delivery, bytes]:
        """With the facts that the gate knows. Only of a current one."""
        view, decision, transition = self.view, self.decision, self.transition
        if transition is None:
            raise Refused(NOT_KNOWN)
        new = replace(row, sequence=None, status=Status.PENDING, reason=None)
        new = written(decision.outlook, new, transition, self.others, None)
        new = replace(new, ends=decision.ends(new, self.others))
        flows = {
            str(one.transition_id): one.flow_name for one in self.others if one.kind == "changed" and one.flow_name
        }
        facts = view.customer.facts[transition.transition_id]
        return new, body(new, facts, view.office, view.situation.now, flows=flows)
