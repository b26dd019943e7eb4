"""Step 6: visits that are not where they were told to be."""

from collections.abc import Sequence
from dataclasses import replace

from tests.flow_builder.simulation.current import current
from tests.flow_builder.simulation.page import Page
from tests.flow_builder.simulation.records import Transition
from tests.flow_builder.simulation.rows import Named, Row
from tests.flow_builder.simulation.visits import has_moved, is_called_off


def tell_moves(page: Page) -> None:
    now = current(page.standing)
    for one in [one for one in page.standing if one in now and page.was_told(one)]:
        if told := moved_since(page, one, page.rows):
            k = 1 + sum(row.kind == "moved" and row.transition_id == one.id for row in page.rows)
            made = moved(page, page.row(f"{one.id}-moved-{k}", "moved", one), one, told)
            page.rows.append(page.unless_in_shadow(made))
            page.written.add(made.webhook_id)


def moved_since(page: Page, transition: Transition, before: Sequence[Row]) -> Named | None:
    """The appointment as it was told, where that is no longer so."""
    counts = [row for row in before if page.scene.is_shadow or row.reason != "shadow"]
    newest = page.newest_about(transition.id, counts)
    if not (newest and newest.was_ahead and newest.appointment and page.world.is_active(page.key)):
        return None
    has_changed = has_moved(page.world.job_of(transition), newest.appointment, page.scene.now)
    return newest.appointment if has_changed else None


def still_moved(page: Page, row: Row, before: Sequence[Row]) -> Row:
    transition = page.world.log[row.transition_id or ""]
    is_told = transition in current(page.standing) and page.was_told(transition)
    told = moved_since(page, transition, before) if is_told else None
    if told is None:
        return replace(row, status="canceled", reason="*")
    return page.unless_in_shadow(moved(page, row, transition, told))


def moved(page: Page, row: Row, transition: Transition, told: Named) -> Row:
    said = replace(page.saying(row, transition), state=None, settles_at=None)  # written anew, it waits for no sync
    is_off = is_called_off(page.world.job_of(transition), told)
    return replace(said, appointment=None) if is_off and not said.was_ahead else said
