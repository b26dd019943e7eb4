"""What a rehearsal found."""

from collections import Counter
from datetime import datetime

from msgspec import Struct

from pipelines.flow_builder.rehearsal import Mail


class Moved(Struct, frozen=True):
    """So many customers would stand in another state than the last sync has left them in."""

    from_state: float
    to_state: float
    customers: int


class Rehearsal(Struct, frozen=True):
    """Of one tenant. ``mails``: every message whose state has a flow, in order; ``rules``: the file that was laid over
    the rules in force; ``rules_version``: of all rows of people's own that counted, "" in one of before."""

    tenant_id: int
    begins_at: datetime
    ends_at: datetime
    rules: str | None
    mails: list[Mail]
    moved: list[Moved]
    rules_version: str = ""

    @property
    def started(self) -> list[Mail]:
        return [mail for mail in self.mails if mail.withheld is None]

    @property
    def withheld(self) -> list[Mail]:
        return [mail for mail in self.mails if mail.withheld is not None]

    def by_flow(self) -> Counter[str]:
        return Counter(mail.flow for mail in self.started)

    def by_reason(self) -> Counter[tuple[str, str]]:
        """Reason and flow."""
        return Counter((str(mail.withheld), mail.flow) for mail in self.withheld)
