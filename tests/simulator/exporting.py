"""The export endpoints: all that changed, behind a continuation token that belongs to one endpoint and tenant."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from itertools import islice, takewhile
from zlib import crc32

import orjson

from tests.simulator.answers import Page, Problem
from tests.simulator.endpoints import Export
from tests.simulator.filters import DATE_ONLY, Test, everything, truth
from tests.simulator.forms import rendered
from tests.simulator.listing import Params, activity, parsed
from tests.simulator.switches import Switches
from tests.simulator.tables import Row, Table
from tests.simulator.wire import STAMP, ticks, ticks_at
from tests.simulator.world import Company

TICKS_A_MINUTE = 600_000_000


@dataclass(frozen=True)
class Cursor:
    """Places in the order of changes. ``after``: where the next page begins. ``served``: up to where all was delivered;
    ahead of ``after`` while recent changes are delivered again. ``since``: ticks of a date in ``from``."""

    after: int = 0
    served: int = 0
    since: int = 0


def export_page(export: Export, company: Company, params: Params, switches: Switches, release: int) -> Page:
    """Nothing new since the final token: no data, no more, and the same token again."""
    owner = f"{export.table}:{company.tenant_id}:{release}"
    cursor = _cursor(params.get("from", ""), owner)
    recent = parsed(truth, params, "includeRecentChanges", "false")
    settled = ticks_at(company.now()) - int(switches.visibility_minutes * TICKS_A_MINUTE)
    shown = parsed(activity, params, "active", export.active_default) if export.active_default else everything
    horizon, at_most = None if recent else settled, switches.export_page_size + 1
    rows = _visible(company.tables[export.table], cursor, horizon, at_most, shown)
    has_more, rows = len(rows) > switches.export_page_size, rows[: switches.export_page_size]
    if rows:
        last = rows[-1].position
        repeat = recent and switches.repeats and not has_more
        after = _before_recent(rows, settled) if repeat else last
        cursor = Cursor(after, max(cursor.served, last), cursor.since)
    envelope = {"hasMore": has_more, "continueFrom": _token(cursor, owner)}
    return Page(envelope, [rendered(export.table, row, "export", switches) for row in rows])


def _visible(table: Table, cursor: Cursor, horizon: int | None, at_most: int, shown: Test) -> list[Row]:
    """Whatever comes behind a change that is still too young has to wait with it."""

    def since(place: int) -> list[Row]:
        ripe = takewhile(lambda row: horizon is None or row.ticks <= horizon, table.changed_after(place))
        return list(islice((row for row in ripe if _modified(row) >= cursor.since and shown(row)), at_most))

    return since(cursor.after) if since(cursor.served) else []


def _before_recent(rows: list[Row], settled: int) -> int:
    """The place behind which everything is recent."""
    return next((row.position - 1 for row in rows if row.ticks > settled), rows[-1].position)


def _modified(row: Row) -> int:
    stamp = row.record.get("modifiedOn")
    return ticks(stamp) if stamp else row.ticks


def _token(cursor: Cursor, owner: str) -> str:
    body = orjson.dumps([owner, cursor.after, cursor.served, cursor.since])
    return urlsafe_b64encode(crc32(body).to_bytes(4) + body).decode()


def _cursor(text: str, owner: str) -> Cursor:
    if not text:
        return Cursor()
    if DATE_ONLY.fullmatch(text) or STAMP.fullmatch(text):
        return Cursor(since=parsed(ticks, {"from": f"{text}T00:00:00Z" if len(text) == 10 else text}, "from"))
    try:
        raw = urlsafe_b64decode(text)
        token_owner, *places = orjson.loads(raw[4:])
    except ValueError:
        token_owner, raw, places = "", b"", []
    if token_owner != owner or raw[:4] != crc32(raw[4:]).to_bytes(4):
        raise Problem(400, {"from": "The continuation token is not valid."})
    return Cursor(*places)
