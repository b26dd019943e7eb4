"""Step 5: what was told and is no longer so, and runs that nothing else ends."""

from dataclasses import replace
from hashlib import md5

from tests.flow_builder.simulation.page import Page
from tests.flow_builder.simulation.rows import PERSON, Row


def still_corrected(page: Page, row: Row) -> Row:
    """There is none for a customer who was merged away meanwhile, though its transition is the survivor's now."""
    made = correction(page, row) if row.key == page.key else None
    if made is None:
        return replace(row, status="canceled", reason="*")
    kept = {
        "webhook_id": row.webhook_id,
        "created_at": row.created_at,
        "batch": row.batch,
        "sequence": row.sequence,
    }
    status = row.status if made.status == "pending" else made.status  # in shadow nothing waits
    return replace(made, status=status, **kept)  # type: ignore[arg-type]


def correct(page: Page) -> None:
    prefix = md5(f"{page.key.tenant_id}:{page.key.customer_id}".encode()).hexdigest()
    if made := correction(page):
        k = 1 + sum(row.webhook_id.startswith(f"{prefix}-corrected-") for row in page.rows)
        name = f"{prefix}-corrected-{k}"
        page.rows.append(replace(made, webhook_id=name))
        page.written.add(name)


def correction(page: Page, besides: Row | None = None) -> Row | None:
    """What is to be said, if anything; as if that one were not there."""
    told = page.newest(page.rows, lambda row: row.key == page.key and row.told and row is not besides)
    if told is None or page.tells_again or page.key in page.world.merged:
        return None
    runs, state = page.runs(), page.world.state(page.key)
    differs = told.state != state and page.world.is_active(page.key)
    if not (differs or runs.is_left(besides)):
        return None
    place = page.rows.index(besides) if besides else len(page.rows)
    made = page.row("", "corrected", page.standing[-1] if page.standing else None)
    made = page.unless_in_shadow(replace(made, follows=told.webhook_id, ends=runs.to_end(place)))
    before = [row for row in page.rows if row.kind == "corrected" and row.key == page.key and row is not besides]
    return None if before and is_given_up(page, before[-1], made) else made


def is_given_up(page: Page, row: Row, made: Row) -> bool:
    """It died, or a person canceled it, and nothing has changed since."""
    same = (row.state, row.follows, row.ends)
    if same != (made.state, made.follows, made.ends) or row.told:
        return False
    is_shadow = page.scene.is_shadow and (row.status, row.reason) == ("not_sent", "shadow")
    return row.status == "dead" or (row.status, row.reason) == ("canceled", PERSON) or is_shadow
