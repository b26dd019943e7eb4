"""The records of an office as loads bring them, without HTTP: for thousands of histories."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec
import pyarrow as pa

from pipelines.servicetitan.extract.arrow import to_table
from pipelines.servicetitan.raw_tables import TENANTS
from pipelines.servicetitan.streams import STREAMS, Stream
from tests.simulator.clock import ManualClock
from tests.simulator.forms import in_form
from tests.simulator.office.days import Office
from tests.simulator.office.trades import OFFICES
from tests.simulator.wire import dumps
from tests.simulator.world import START, Company, World

Tables = dict[str, pa.Table]
Rows = dict[str, list[dict[str, Any]]]
SCHEMA = "S26"


class Loads:
    """Each `take` gives what is new or changed since the one before, as the rows of the raw tables; all at first."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._seen = dict.fromkeys(world.companies, 0)

    def take(self) -> Tables:
        """Streams of which nothing is new have no rows."""
        found = {stream.name: pa.concat_tables(self._changed(stream)) for stream in STREAMS}
        for company in self.world.companies.values():
            self._seen[company.tenant_id] = newest(company)
        return found

    def _changed(self, stream: Stream) -> Iterator[pa.Table]:
        for company in self.world.companies.values():
            records = [msgspec.Raw(one) for one in sent(company, stream, self._seen[company.tenant_id])]
            table, odd = to_table(stream, company.tenant_id, records)
            assert not odd, odd
            yield table


def sent(company: Company, stream: Stream, position: int = 0) -> list[bytes]:
    """The records that changed after that place in the order of changes, as the API sends them."""
    form = "export" if stream.export else "list"
    changed = company.tables[stream.name].changed_after(position)
    return [dumps(in_form(stream.name, row.record, form, SCHEMA)) for row in changed]


def newest(company: Company) -> int:
    """The place of the company's last change."""
    return max((row.position for table in company.tables.values() for row in table.rows.values()), default=0)


def as_rows(tables: Tables) -> Rows:
    """Row by row, with nested values as JSON text: for an oracle, say."""
    return {name: table.to_pylist() for name, table in tables.items() if table.num_rows}


def office_at(moment: datetime, households: int, seed: int = 1, begins: datetime = START) -> Office:
    """`OFFICES` with so many households each, as it stands at that moment; its clock stands there, too."""
    office = Office(World(OFFICES, ManualClock(begins)), households, seed)
    office.until(moment)
    office.world.clock.set(moment)
    return office


def steps(office: Office, moments: Iterable[datetime]) -> Iterator[Tables]:
    """What loads at these moments bring, one after another; with the tenants."""
    loads = Loads(office.world)
    named = [{"tenant_id": one.tenant_id, "tenant_name": one.name} for one in office.world.companies.values()]
    tenants = pa.Table.from_pylist(named, TENANTS.schema)
    for moment in moments:
        office.until(moment)
        office.world.clock.set(moment)
        yield {TENANTS.name: tenants, **loads.take()}
