"""One customer's rows, as the steps of a sync leave them, and what every step asks."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pipelines.flow_builder.delivery import Key
from tests.flow_builder.simulation.reasons import Case, Rules
from tests.flow_builder.simulation.records import Transition
from tests.flow_builder.simulation.rows import Row
from tests.flow_builder.simulation.runs import Runs
from tests.flow_builder.simulation.visits import ahead, appointment
from tests.flow_builder.simulation.world import World


@dataclass(frozen=True)
class Scene:
    """When, and how it is with the tenant. ``whole_from``: when the newest sync began that read all."""

    world: World
    rules: Rules
    now: datetime
    whole_from: datetime | None
    is_shadow: bool = False


@dataclass
class Page:
    """``rows``: all about the customer and his transitions, in their order; ``marked``: those, with their sequence,
    whose transition was retracted since; ``known``: transitions with a row, whosever; ``written``: the rows that this
    sync added; ``anew``: those of a transition that it decided; ``again``: what it tells again."""

    scene: Scene
    key: Key
    rows: list[Row]
    marked: set[tuple[str, int]]
    known: Collection[str | None] = ()
    written: set[str] = field(default_factory=set)
    anew: set[str] = field(default_factory=set)
    again: set[str] = field(default_factory=set)
    tells_again: bool = False

    @property
    def world(self) -> World:
        return self.scene.world

    @property
    def standing(self) -> list[Transition]:
        return self.world.history(self.key)

    def stands(self, name: str | None) -> bool:
        return name is not None and self.world.log[name].stands

    def row(self, name: str, kind: str, transition: Transition | None) -> Row:
        state = transition.to_state if transition else 0.0
        made = Row(name, kind, None, *self.key, state=state, created_at=self.scene.now)
        return self.saying(made, transition)

    def saying(self, row: Row, transition: Transition | None) -> Row:
        """With the facts of now."""
        if transition is None:
            return replace(row, transition_id=None, job_id=None, appointment=None, was_ahead=False, occurred_at=None)
        return replace(
            row,
            transition_id=transition.id,
            customer_id=self.key.customer_id,
            job_id=transition.job_id,
            appointment=appointment(self.world, transition, self.scene.now),
            was_ahead=ahead(self.world.job_of(transition), self.scene.now) is not None,
            occurred_at=transition.occurred_at,
        )

    def case(self, transition: Transition, before: Sequence[Row] = (), overrides: str = "") -> Case:
        scene = self.scene
        return Case(scene.world, scene.rules, self.key, transition, before, scene.now, scene.is_shadow, overrides)

    def newest(self, rows: Sequence[Row], is_meant: Callable[[Row], bool]) -> Row | None:
        return next((row for row in reversed(rows) if is_meant(row) and not row.was_withdrawn), None)

    def newest_about(self, name: str, rows: Sequence[Row]) -> Row | None:
        return self.newest(rows, lambda row: row.transition_id == name)

    def was_told(self, transition: Transition) -> bool:
        return any(row.told and row.transition_id == transition.id for row in self.rows)

    def runs(self) -> Runs:
        return Runs(self.world, self.key, self.rows, self.case)

    def unless_in_shadow(self, row: Row) -> Row:
        return replace(row, status="not_sent", reason="shadow") if self.scene.is_shadow else row
