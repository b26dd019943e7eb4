"""The list endpoints: filters, the default of ``active``, order, and pages by number."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tests.simulator.answers import Page, Problem
from tests.simulator.filters import Filter, Test, everything, numbers, truth, whole
from tests.simulator.forms import rendered
from tests.simulator.switches import Switches
from tests.simulator.tables import Row
from tests.simulator.wire import ticks
from tests.simulator.world import Company

T = TypeVar("T")
Params = Mapping[str, str]
Lookup = Callable[[Company, Params], Test]

PAGING = {"page", "pageSize", "includeTotal"}
LARGEST_PAGE = 5000
SORTED = {"id": "id", "modifiedon": "modifiedOn", "createdon": "createdOn"}


@dataclass(frozen=True)
class Listing:
    """One list endpoint, as a row; ``active_default`` None: it has no such parameter."""

    module: str
    path: str
    table: str
    scope: str
    filters: Mapping[str, Filter] = field(default_factory=dict)
    sorts: Mapping[str, str] = field(default_factory=lambda: SORTED)  # empty: no sort parameter
    sort_parameter: str = "sort"  # or orderBy
    active_default: str | None = None
    ids: bool = True
    needs_one_of: tuple[str, ...] = ()
    lookup: Lookup | None = None
    lookup_parameters: tuple[str, ...] = ()
    by_id: bool = True

    @property
    def parameters(self) -> set[str]:
        names = PAGING | set(self.filters) | set(self.lookup_parameters)
        names |= {"orderBy", "orderByDirection"} if self.sort_parameter == "orderBy" else set()
        names |= {"sort"} if self.sort_parameter == "sort" and self.sorts else set()
        return names | ({"ids"} if self.ids else set()) | ({"active"} if self.active_default else set())


def list_page(listing: Listing, company: Company, params: Params, switches: Switches) -> Page:
    if listing.needs_one_of and not any(params.get(name) for name in listing.needs_one_of):
        raise Problem(400, {"": f"One of {', '.join(listing.needs_one_of)} is required."})
    tests = _tests(listing, company, params)
    rows = [row for row in company.tables[listing.table].rows.values() if all(test(row) for test in tests)]
    rows = ordered(rows, params, listing.sort_parameter, listing.sorts)
    return cut(rows, params, switches, lambda row: rendered(listing.table, row, "list", switches))


def cut(rows: list[T], params: Params, switches: Switches, render: Callable[[T], bytes]) -> Page:
    """The page of that number."""
    page, size = _page_number(params), _page_size(params, switches)
    begin = (page - 1) * size
    envelope = {
        "page": page,
        "pageSize": size,
        "hasMore": begin + size < len(rows),
        "totalCount": len(rows) if parsed(truth, params, "includeTotal", "false") else None,
    }
    return Page(envelope, [render(row) for row in rows[begin : begin + size]])


def parsed(parse: Callable[[str], T], params: Params, name: str, default: str = "") -> T:
    """A bad value is a 400 that names the parameter."""
    try:
        return parse(params.get(name) or default)
    except ValueError as error:
        raise Problem(400, {name: str(error)}) from None


def _tests(listing: Listing, company: Company, params: Params) -> list[Test]:
    filters = {**listing.filters, **({"ids": numbers("id")} if listing.ids else {})}
    tests = [parsed(make, params, name) for name, make in filters.items() if params.get(name)]
    if listing.active_default:
        tests.append(parsed(activity, params, "active", listing.active_default))
    if listing.lookup and any(params.get(name) for name in listing.lookup_parameters):
        tests.append(listing.lookup(company, params))
    return tests


def activity(text: str) -> Test:
    if text.lower() == "any":
        return everything
    wanted = truth(text)
    return lambda row: row.record["active"] == wanted


def ordered(rows: list[Row], params: Params, parameter: str = "sort", sorts: Mapping[str, str] = SORTED) -> list[Row]:
    """Ties by id; unsorted, the newest id comes first, as on a real inventory list."""
    if parameter == "orderBy":
        asked = params.get("orderBy") or "id"
        descending = params.get("orderByDirection", "desc" if asked == "id" else "asc").lower().startswith("desc")
    else:
        asked = (params.get("sort") if sorts else None) or "-Id"
        descending, asked = asked[0] == "-", asked[1:] if asked[0] in "+-" else f" {asked}"
    column = (sorts or SORTED).get(asked.lower())
    if column is None:
        raise Problem(400, {parameter: f"The value '{asked}' is not valid."})
    return sorted(rows, key=lambda row: _place(row, column), reverse=descending)


def _place(row: Row, column: str) -> tuple[int, Any]:
    record = row.record
    return (0 if column == "id" else ticks(record[column]), record["id"])


def _page_number(params: Params) -> int:
    page = parsed(whole, params, "page", "1")
    if page < 1:
        raise Problem(400, {"page": "The value must be 1 or more."})
    return page


def _page_size(params: Params, switches: Switches) -> int:
    size = parsed(whole, params, "pageSize", "50")
    if size < 1 or (size > LARGEST_PAGE and switches.large_page == "refuse"):
        raise Problem(400, {"pageSize": f"The value must be between 1 and {LARGEST_PAGE}."})
    return min(size, LARGEST_PAGE)
