"""The records of an office as loads bring them, without HTTP: for thousands of histories."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import pyarrow as pa

from pipelines.servicetitan.extract.arrow import to_table
from pipelines.servicetitan.raw_tables import TENANTS
from pipelines.servicetitan.streams import STREAM, STREAMS, Stream
from tests.simulator.clock import ManualClock
from tests.simulator.forms import in_form
from tests.simulator.office.days import Office
from tests.simulator.office.trades import OFFICES
from tests.simulator.tables import Key, Row
from tests.simulator.wire import dumps
from tests.simulator.world import START, Company, Profile, World

Tables = dict[str, pa.Table]
Rows = dict[str, list[dict[str, Any]]]
SCHEMA = "S26"


class Loads:
    """Each `take` gives what is new or changed since the one before, as the rows of the raw tables; all at first."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._seen = dict.fromkeys(world.companies, 0)
        self._contacts: dict[int, Mapping[Key, Row]] = {tenant_id: {} for tenant_id in world.companies}

    def take(self, tenants: Collection[int] | None = None) -> Tables:
        """Of these companies, by default of all. Streams of which nothing is new have no rows."""
        companies = [one for one in self.world.companies.values() if tenants is None or one.tenant_id in tenants]
        found = {stream.name: pa.concat_tables(self._changed(stream, companies)) for stream in STREAMS}
        for company in companies:
            self._seen[company.tenant_id] = newest(company)
        return found

    def missing_contacts(self) -> pa.Table:
        """As inactive ones: those that were there when this was asked last, and are gone without a trace."""
        gone = [table for company in self.world.companies.values() for table in self._gone(company)]
        return pa.concat_tables(gone)

    def _changed(self, stream: Stream, companies: Iterable[Company]) -> Iterator[pa.Table]:
        for company in companies:
            yield rows_of(stream, company, sent(company, stream, self._seen[company.tenant_id]))

    def _gone(self, company: Company) -> Iterator[pa.Table]:
        contacts = company.tables["customer_contacts"].rows
        gone = [
            row.record | {"active": False}
            for key, row in self._contacts[company.tenant_id].items()
            if key not in contacts
        ]
        self._contacts[company.tenant_id] = dict(contacts)
        yield rows_of(
            STREAM["customer_contacts"],
            company,
            [dumps(in_form("customer_contacts", one, "export", SCHEMA)) for one in gone],
        )


def rows_of(stream: Stream, company: Company, records: Iterable[bytes]) -> pa.Table:
    table, odd = to_table(stream, company.tenant_id, [msgspec.Raw(one) for one in records])
    assert not odd, odd
    return table


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


def office_at(
    moment: datetime,
    households: int,
    seed: int = 1,
    begins: datetime = START,
    profiles: Sequence[Profile] = OFFICES,
) -> Office:
    """The companies with so many households each, as it stands at that moment; its clock stands there, too."""
    office = Office(World(profiles, ManualClock(begins)), households, seed)
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
