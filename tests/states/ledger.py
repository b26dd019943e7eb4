"""What a test put into the raw tables, as the oracle reads it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from pipelines.servicetitan import streams
from pipelines.servicetitan.raw_tables import TABLE
from tests.oracle.derivation import SHIPPED, News, derive
from tests.oracle.fold import Story
from tests.oracle.records import Records
from tests.oracle.rules import Rules
from tests.states.came import Came, InForce
from tests.states.happenings import BASE, Op
from tests.states.histories import TENANTS
from tests.states.warehouse import KEYS

JOB_TYPES = {1: "Sales Consultation", 2: "Window Install", 3: "AC Tune-Up"}
BUSINESS_UNITS = {1: "Sales", 2: "Installation", 3: "Service"}
NAMES = {410387862: "socal", 1116148646: "dfw"}
ROOT = [
    *(Op("tenants", {"tenant_id": tenant, "tenant_name": name}) for tenant, name in NAMES.items()),
    *(
        Op(table, {"tenant_id": tenant, "id": identity, "name": name})
        for tenant in TENANTS
        for table, names in (("job_types", JOB_TYPES), ("business_units", BUSINESS_UNITS))
        for identity, name in names.items()
    ),
]
STREAMS = tuple(stream.name for stream in streams.STREAMS)


class Ledger:
    """The rows so far, per tenant, table and key; and what came since the last derivation."""

    def __init__(self, ops: Iterable[Op] = (), rules: Rules = SHIPPED) -> None:
        self.rows: dict[tuple[int, str], dict[Any, dict[str, Any]]] = defaultdict(dict)
        self.rules = rules
        self._came = {tenant: Came() for tenant in TENANTS}
        self._in_force: dict[int, InForce] = {}
        self.add([*ROOT, *ops])

    def add(self, ops: Iterable[Op]) -> dict[str, list[dict[str, Any]]]:
        """Gives the rows to load, those too that are older than what is there and change nothing."""
        loaded: dict[str, list[dict[str, Any]]] = defaultdict(list)
        before: dict[tuple[int, str, Any], dict[str, Any] | None] = {}
        for op in ops:
            known = self.rows[op.row["tenant_id"], op.table]
            key = tuple(op.row[name] for name in KEYS[op.table])
            before.setdefault((op.row["tenant_id"], op.table, key), known.get(key))
            if not is_older(op, known.get(key, {})):
                known[key] = op.row
            loaded[op.table].append(op.row)
        for (tenant, table, key), old in before.items():
            self._came[tenant].note(table, old, self.rows[tenant, table][key])
        return loaded

    def news(self) -> dict[int, News]:
        """What came since it was asked for last, which is once per derivation."""
        now = {tenant: InForce(self.rules.of(tenant), self._names(tenant)) for tenant in TENANTS}
        changed = {tenant: self._in_force.get(tenant, now[tenant]).differs(now[tenant]) for tenant in TENANTS}
        news = {tenant: self._came[tenant].news(are_rules_changed=changed[tenant]) for tenant in TENANTS}
        self._came, self._in_force = {tenant: Came() for tenant in TENANTS}, now
        return news

    def _names(self, tenant: int) -> dict[tuple[str, int], str]:
        named = [(table, row) for table in ("job_types", "business_units") for row in self.rows[tenant, table].values()]
        return {(table, row["id"]): row["name"] for table, row in named if row.get("name") is not None}

    def all_rows(self) -> dict[str, list[dict[str, Any]]]:
        loaded: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for (_, table), rows in self.rows.items():
            loaded[table] += rows.values()
        return loaded

    def records(self, tenant: int) -> Records:
        tables = {*STREAMS, "state_updates"}
        return {table: list(self.rows[tenant, table].values()) for table in tables}

    def stories(self, as_of: datetime) -> dict[int, dict[int, Story]]:
        return {tenant: derive(self.records(tenant), tenant, as_of, self.rules) for tenant in TENANTS}


def is_older(op: Op, known: Mapping[str, Any]) -> bool:
    """Of two versions of a record the newer stays, at a tie the one that came last."""
    name = TABLE[op.table].newest_by or ""
    version, known_version = op.row.get(name), known.get(name)
    return known_version is not None and (version is None or version < known_version)


def syncs(complete: Iterable[int], cut_short: Iterable[int], number: int) -> dict[str, list[dict[str, Any]]]:
    """A sync in which every stream of some tenants came to its end, and all streams but one of others."""
    return {
        "tenant_syncs": [
            {"sync_id": f"{number}", "tenant_id": tenant, "stream": stream, "complete": is_complete or stream != "jobs"}
            for tenants, is_complete in ((complete, True), (cut_short, False))
            for tenant in tenants
            for stream in STREAMS
        ]
    }


def renamed_job_types() -> list[Op]:
    """What was other becomes sales for the first tenant; what had no name becomes an install for the second."""
    return [
        Op("job_types", {"tenant_id": TENANTS[0], "id": 3, "name": "Roof ESTIMATE"}),
        Op("job_types", {"tenant_id": TENANTS[1], "id": 9, "name": "Installations, large"}),
    ]


def comings(step: int) -> list[Op]:
    """Of two customers, one comes when her lead has waited for her, the other one changes; his type is renamed then."""
    tenant = TENANTS[0]
    first, moment = BASE, BASE + timedelta(days=100)
    waiting, known = ({"tenant_id": tenant, "id": 990_000_000 + number, "created_on": first} for number in (1, 2))
    visit = {"tenant_id": tenant, "id": 990_000_002, "created_on": first, "modified_on": first}
    return {
        0: [
            Op("leads", {**waiting, "modified_on": first, "customer_id": waiting["id"], "status": "Open"}),
            Op("customers", {**known, "modified_on": first}),
            Op("jobs", {**visit, "customer_id": known["id"], "job_type_id": 3, "job_status": "Scheduled"}),
            Op("appointments", {**visit, "job_id": visit["id"]}),
        ],
        2: [Op("customers", {**waiting, "modified_on": moment}), Op("customers", {**known, "modified_on": moment})],
    }.get(step, [])
