"""What of the log a sync looks at: as little as it can, and all where it is not known what has changed."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from pipelines.derivation.freshness import LastDerivation
from pipelines.flow_builder.delivery import Key

MOST_CHANGED = 50_000  # of more customers, all transitions are compared sooner than theirs are looked up


@dataclass(frozen=True, slots=True)
class Scope:
    """``tenants``: all whose baseline stands. Of those in ``whole`` all transitions are looked at, of those ``behind``
    the changed customers', of the others none."""

    tenants: list[int]
    whole: list[int]
    derivation_id: str | None = None  # the newest
    behind: list[int] = field(default_factory=list)
    changed: set[Key] = field(default_factory=set)

    def without(self, tenants: Collection[int]) -> "Scope":
        return replace(
            self,
            tenants=[one for one in self.tenants if one not in tenants],
            whole=[one for one in self.whole if one not in tenants],
        )

    @property
    def others(self) -> list[int]:
        return sorted({*self.tenants} - {*self.whole})


def scope(
    tenants: Iterable[int],
    checkpoints: Mapping[int, str | None],
    derivation: LastDerivation | None,
    changed: Callable[[], Iterable[tuple[int, int]]],
) -> Scope:
    """``checkpoints``: the derivation up to which each tenant's log is known; ``changed``: whom the
    newest one derived anew."""
    tenants = sorted(tenants)
    if derivation is None:
        return Scope(tenants, tenants)
    known = {tenant_id: checkpoints.get(tenant_id) for tenant_id in tenants}
    behind = [one for one in tenants if known[one] and known[one] == derivation.previous_id]
    whole = [one for one in tenants if known[one] != derivation.id and one not in behind]
    news = {Key(*key) for key in changed() if key[0] in behind} if behind else set()
    if len(news) > MOST_CHANGED:
        return Scope(tenants, sorted(whole + behind), derivation.id)
    return Scope(tenants, whole, derivation.id, behind, news)
