"""What became of a message and why, in words for people who have never seen a terminal."""

from collections.abc import Mapping
from typing import Any

from pipelines.actions.schemas.state_names import State
from pipelines.flow_builder.statuses import WAITING

STATUSES = {
    "pending": "waits",
    "sending": "is on its way",
    "retry": "failed, is tried again",
    "delivered": "sent",
    "dead": "dead: given up",
    "held": "held for a person",
    "not_sent": "not sent",
    "canceled": "canceled",
}
TAGS = {"delivered": "good", "dead": "bad", "held": "warn", "retry": "warn"}
KINDS = {
    "corrected": "corrects what was told before",
    "moved": "tells that an appointment has moved",
}
EVENTS = {
    "lead_created": "Lead came in",
    "lead_converted": "Lead became a service call",
    "sales_appointment_booked": "Sales appointment booked",
    "sales_job_canceled": "Sales job canceled",
    "estimate_created": "Estimate written",
    "estimate_sold": "Estimate sold",
    "install_appointment_booked": "Install appointment booked",
    "install_job_canceled": "Install job canceled",
    "install_job_completed": "Install job completed",
    "state_set": "State set by hand",
    "reset": "Nothing happened for a long time",
}
RECORDS = {
    "leads": "lead",
    "appointments": "appointment",
    "jobs": "job",
    "estimates": "estimate",
    "state_updates": "set by hand",
}
# Why a message was not sent, was canceled, is held, or starts no flow.
REASONS = {
    "baseline": "it is history from before the first complete sync, and nobody is mailed about history",
    "reclassified": "nothing happened to the customer: a changed rule or a renamed job type found it in old records",
    "shadow": "the tenant was in shadow, where nothing is sent",
    "inactive": "the customer is inactive, or was merged into another one",
    "untold": "this state starts no flow, and Flow Builder knows nothing of this customer",
    "replaced": "Flow Builder knows this state already, for another cause",
    "late": "something that happened later was told already",
    "stale": "it had happened too long ago when it was seen",
    "superseded": "the customer has moved on to another state since",
    "expired": "it waited for so long that it would have come too late",
    "retracted": "what it said is no longer so in ServiceTitan: the record was taken back",
    "obsolete": "by the time that it could go it was no longer needed",
    "operator": "a person canceled it",
    "accepted": "a person looked at it and accepted the loss",
    "restored": "it was on its way when a back-up was put in place, and may have arrived",
    "cut off": "it was cut off on its way again and again",
    "past": "the visit is over, or was called off",
    "over": "the office only tidied up what was long over",
    "twice": "the same visit was entered twice, and was told once",
    "converted": "the lead is not open any more",
    "do_not_service": "the customer is marked “do not service”",
    "do_not_mail": "the customer is marked “do not mail”",
    "marketing_opt_out": "the customer does not want marketing mail",
    "cancel_reason": "the reason of the cancellation starts no flow (a mistake, a duplicate, a new date)",
    "by_hand": "the state was set by hand, without its flow",
    "commercial": "the customer is a business, and this flow is for homes",
    "no_address": "there is no e-mail address that can be read",
    "left": "the customer is in another state now",
    "canceled": "a person canceled it",
    "no_flow": "the newest message about it starts no flow",
    "paused": "the tenant is paused",
    "stale_data": "ServiceTitan was not read for a while: ask again after the next sync",
}
# Said by the gate alone, and of no message.
OF_THE_GATE = ("left", "canceled", "no_flow", "paused", "stale_data")
OF_MESSAGES = {word: said for word, said in REASONS.items() if word not in OF_THE_GATE}
RULES = {
    "ignore": "does not change a customer in this state",
    "new_job": "counts only on a job that is new, and this one was there before",
    "another_job": "counts only on another job, and this one was there before",
    "this_round": "is of an older job, and ends nothing of what goes on now",
    "each_job": "counts once per job, and this job was counted",
    "state_set": "sets the state that the customer is in anyway",
}


def reason(word: str | None) -> str:
    """As it is where there are no words for it: what an endpoint or a release to come says."""
    return REASONS.get(word or "", word or "")


def event(name: str) -> str:
    return EVENTS.get(name, name)


def what_it_tells(row: Mapping[str, Any], states: Mapping[float, State]) -> str:
    """Of one message: ``starts “Email Followup”``, ``tells “0 Contact Record”``."""
    if row["flow_name"]:
        return f"starts “{row['flow_name']}”"
    if row["kind"] != "changed":
        return KINDS[row["kind"]]
    known = states.get(row["told_state"])
    return f"tells “{state(row['told_state'], known.name if known else '')}”"


def why_no_flow(row: Mapping[str, Any], states: Mapping[float, State]) -> str:
    """Of one message; empty where it starts a flow and nothing is in its way."""
    if row["reason"]:
        return reason(row["reason"])
    if row["status"] == "held":
        return "one sync brought more than usual, and a person looks first"
    if row["suppressed"]:
        return f"no mail: {reason(row['suppressed'])}"
    if row["flow_name"] or row["kind"] != "changed":
        return ""
    known = states.get(row["told_state"])
    return f"no mail: {reason('superseded') if known and known.flow_name else 'the state has no flow'}"


def why_it_waits(row: Mapping[str, Any], earlier: str | None, *, is_paused: bool) -> str:
    """``earlier``: the status of the message of the same customer that has to go first."""
    if row["status"] not in WAITING:
        return ""
    if earlier == "held":
        return "an earlier message of the customer is held, and has to go first"
    if is_paused:
        return REASONS["paused"]
    if earlier:
        return "an earlier message of the customer has to go first"
    return "it has to settle: a sync looks at it again" if row["status"] == "pending" and row["settles_at"] else ""


def why_no_transition(row: Mapping[str, Any]) -> str:
    if row["verdict"] == "waiting":
        return "counts from then on"
    return RULES.get(row["rule"] or "", "has changed nothing")


def state(number: float | None, name: str | None) -> str:
    """``2 Sales Appointment Booked``."""
    return "" if number is None else f"{float(number):g} {name or ''}".strip()
