"""A kept rehearsal as a page shows it: figures, and some mails of each flow."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from pipelines.flow_builder.rehearsal import Mail
from pipelines.rehearsal.result import Rehearsal
from pipelines.rehearsal.summary import Summary, summary

OF_EACH = 5


class Why(NamedTuple):
    """So many mails of a flow were withheld for one reason, these for example."""

    reason: str
    flow: str
    how_many: int
    mails: Sequence[Mail]


@dataclass(frozen=True)
class Sampled:
    number: int
    made_at: datetime
    summary: Summary
    started: Sequence[tuple[str, Sequence[Mail]]]
    withheld: Sequence[Why]

    @property
    def customers(self) -> set[int]:
        """Whom the samples name."""
        every = [*(mails for _, mails in self.started), *(why.mails for why in self.withheld)]
        return {mail.customer_id for mails in every for mail in mails}


def sampled(number: int, made_at: datetime, found: Rehearsal, hold_above: int) -> Sampled:
    """Of each flow, and of each reason in it, the newest mails."""
    started, withheld = defaultdict[str, list[Mail]](list), defaultdict[tuple[str, str], list[Mail]](list)
    for mail in sorted(found.mails, key=lambda one: one.occurred_at, reverse=True):
        if mail.withheld is None:
            started[mail.flow].append(mail)
        else:
            withheld[mail.withheld, mail.flow].append(mail)
    page = summary(found, hold_above)
    order = [str(row["flow"]) for row in page.flows]
    return Sampled(
        number,
        made_at,
        page,
        [(flow, started[flow][:OF_EACH]) for flow in order if flow in started],
        [
            Why(reason, flow, len(mails), mails[:OF_EACH])
            for (reason, flow), mails in sorted(withheld.items(), key=lambda one: -len(one[1]))
        ],
    )
