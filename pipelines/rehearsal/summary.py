"""A rehearsal in a page."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from pipelines.flow_builder.rehearsal import Mail
from pipelines.rehearsal.result import Rehearsal

HOUR = timedelta(hours=1)
CANNOT_KNOW = (
    "Dated by the records are what came, and when it was booked, sold, completed, canceled or closed. All else is as it"
    " is today: contacts, opt-outs and other flags, names and kinds of jobs, the hours of visits, who was merged, what"
    " was taken back. A live tenant is read every few minutes: it starts flows for visits booked and held on one day,"
    " too."
)


@dataclass(frozen=True)
class Summary:
    """``flows``: one row each."""

    title: str
    flows: Sequence[Mapping[str, str | int]]
    lines: Sequence[str]


def summary(found: Rehearsal, hold_above: int) -> Summary:
    days = (found.ends_at - found.begins_at).days
    title = f"{found.begins_at:%Y-%m-%d %H:%M} to {found.ends_at:%Y-%m-%d %H:%M} UTC, {days} days, as if live"
    return Summary(title, [*flows(found)], [*lines(found, hold_above)])


def flows(found: Rehearsal) -> Iterator[Mapping[str, str | int]]:
    states = {mail.flow: mail.state for mail in reversed(found.mails)}
    started, withheld = Counter(mail.flow for mail in found.started), Counter(mail.flow for mail in found.withheld)
    for flow in sorted(states, key=lambda one: (states[one], one)):
        why = Counter(str(mail.withheld) for mail in found.withheld if mail.flow == flow)
        reasons = ", ".join(f"{count} {reason}" for reason, count in why.most_common())
        yield {"flow": flow, "mails": started[flow], "withheld": withheld[flow], "because": reasons}
    if states:
        yield {"flow": "all", "mails": started.total(), "withheld": withheld.total(), "because": ""}


def lines(found: Rehearsal, hold_above: int) -> Iterator[str]:
    if (busiest := busiest_hour(found.started)) > hold_above:
        yield (
            f"In the busiest hour {busiest:,} flows start: more than FLOW_BUILDER_HOLD_ABOVE ({hold_above:,}), so they"
            " would wait for a person."
        )
    if found.rules:
        customers = sum(one.customers for one in found.moved)
        yield f"By {found.rules} {customers:,} customers stand elsewhere than the last sync has left them:"
    elif found.moved:
        yield "By the rules in force, which the last sync did not have yet, customers stand elsewhere:"
    for one in found.moved:
        yield f"  from {one.from_state} to {one.to_state}: {one.customers:,}"
    yield CANNOT_KNOW


def busiest_hour(mails: Sequence[Mail]) -> int:
    """How many began within an hour, at most."""
    moments = sorted(mail.occurred_at for mail in mails)
    return max((place + 1 - bisect_left(moments, one - HOUR) for place, one in enumerate(moments)), default=0)
