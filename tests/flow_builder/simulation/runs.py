"""Flows that were told to start, and which of them must end."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pipelines.flow_builder.delivery import Key
from tests.flow_builder.simulation.current import current_but_for_their_reset
from tests.flow_builder.simulation.reasons import SUPPRESSED, Case
from tests.flow_builder.simulation.records import Transition
from tests.flow_builder.simulation.rows import Row
from tests.flow_builder.simulation.world import World

ENDING = ("do_not_service", "do_not_mail", "marketing_opt_out", "converted")


@dataclass(frozen=True)
class Runs:
    """Of one customer. ``rows``: all about him and his transitions; ``case``: of one that stands."""

    world: World
    key: Key
    rows: Sequence[Row]
    case: Callable[[Transition], Case]

    def started(self) -> Iterator[tuple[int, Row]]:
        return ((i, row) for i, row in enumerate(self.rows) if row.told and row.kind == "changed" and row.flow_name)

    def ends_of(self, row: Row) -> frozenset[str]:
        """What a message that is written now must name."""
        mine, starts = self.rows.index(row), row.flow_name is not None
        return self.to_end(mine, row.transition_id if starts else None)

    def to_end(self, before: int, anew: str | None = None) -> frozenset[str]:
        """Of the runs that the rows before this place started those that must end, or start anew, and that no delivered
        message has ended."""
        return frozenset(
            row.transition_id
            for i, row in self.started()
            if i < before
            and row.transition_id
            and (row.transition_id == anew or self.must_end(row))
            and not self.is_named(i, row.transition_id, delivered=True)
        )

    def is_left(self, besides: Row | None = None) -> bool:
        """A run must end that no told row ends."""
        return any(
            self.must_end(row) and not self.is_named(i, row.transition_id, besides=besides) for i, row in self.started()
        )

    def is_named(self, i: int, name: str | None, delivered: bool = False, besides: Row | None = None) -> bool:
        later = (row for row in self.rows[i + 1 :] if row is not besides)
        return any(name in row.ends and (row.status == "delivered" if delivered else row.told) for row in later)

    def must_end(self, row: Row) -> bool:
        if row.status == "canceled" and row.reason != "retracted":
            return True
        if not self.world.is_active(self.key):
            return True
        transition = self.stands_for(row)
        return transition is None or self.is_unwanted(transition)

    def stands_for(self, row: Row) -> Transition | None:
        """The transition that the run is right for: its own, or one that replaced it."""
        standing = self.world.history(self.key)
        own = next((one for one in current_but_for_their_reset(standing) if one.id == row.transition_id), None)
        if own or not standing or self.world.log[row.transition_id or ""].stands:
            return own
        newest = standing[-1]
        about = [i for i, one in enumerate(self.rows) if one.kind == "changed" and one.transition_id == newest.id]
        if not about or (self.rows[about[-1]].status, self.rows[about[-1]].reason) != ("not_sent", "replaced"):
            return None
        told = next((one for one in reversed(self.rows[: about[-1]]) if one.key == self.key and one.told), None)
        return newest if told and told.transition_id == row.transition_id else None

    def is_unwanted(self, transition: Transition) -> bool:
        case = self.case(transition)
        return any(reason in case.rule.suppressed_by and SUPPRESSED[reason](case) for reason in ENDING)
