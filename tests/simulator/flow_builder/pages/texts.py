"""What mails say, and the gate's reasons in words for people."""

from tests.simulator.flow_builder.mails import DELAYS, Flow, Mail

SUBJECTS = {
    Flow.FOLLOW_UP: "Still thinking about it? We are here",
    Flow.VISIT: "What to expect when we visit",
    Flow.SORRY: "Sorry we missed you: shall we find another day?",
    Flow.UNSOLD: "Your estimate is ready when you are",
    Flow.SOLD: "Thank you! Let us find a day for your install",
    Flow.INSTALL: "What to expect on the day of your install",
    Flow.RESCHEDULE: "Let us find another day for your install",
    Flow.DONE: "How did we do?",
}
REASONS = {
    "retracted": "ServiceTitan took it back",
    "left": "the customer has moved on to another state",
    "inactive": "the customer is inactive or merged away",
    "canceled": "a person, or a sync, canceled the message",
    "past": "the visit is over",
    "over": "what it speaks of is over",
    "twice": "the same was told before",
    "converted": "the lead was converted",
    "do_not_service": "the customer is not to be served",
    "do_not_mail": "the customer wants no mail",
    "marketing_opt_out": "the customer has opted out",
    "cancel_reason": "it was canceled for a reason that starts no flow",
    "by_hand": "a person set the state, without its flow",
    "commercial": "the customer is a company",
    "no_address": "there is no address",
    "no_flow": "the newest message about it started no flow",
    "paused": "the tenant is paused",
    "shadow": "the tenant is in shadow",
    "stale_data": "ServiceTitan was not read lately, or the gate does not answer",
    "unknown": "the gate knows nothing of it",
}


def why(reason: str) -> str:
    return f"{REASONS[reason]} ({reason})" if reason in REASONS else reason


def subject(flow: Flow, number: int, mail: Mail | None) -> str:
    day = f" on {mail.day.start:%A, %B %d at %H:%M}" if mail and mail.day and flow.is_of_a_visit else ""
    again = f" ({number + 1} of {len(DELAYS)})" if number else ""
    return SUBJECTS[flow] + day + again
