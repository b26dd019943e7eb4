"""What a tenant's records and rules had since the last derivation, as `is_reclassified` asks for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.oracle.derivation import News
from tests.oracle.rules import TenantRules

LINKS = ("recall_for_id", "warranty_id", "created_from_estimate_id", "project_id")
OF_A_JOB = ("job_type_id", "business_unit_id", "customer_id", *LINKS)

Row = Mapping[str, Any]


@dataclass
class Came:
    records: set[tuple[str, str]] = field(default_factory=set)
    customers: set[int] = field(default_factory=set)
    jobs: set[int] = field(default_factory=set)

    def note(self, table: str, old: Row | None, new: Row) -> None:
        """A row as it stood before a load, and as it stands after."""
        if "id" not in new or (old is not None and _plain(old) == _plain(new)):
            return
        self.records.add((table, str(new["id"])))
        if table == "customers" and old is None:
            self.customers.add(new["id"])
        if table == "jobs" and (old is None or any(old.get(name) != new.get(name) for name in OF_A_JOB)):
            self.jobs.add(new["id"])

    def news(self, *, are_rules_changed: bool) -> News:
        return News(are_rules_changed, frozenset(self.records), frozenset(self.customers), frozenset(self.jobs))


@dataclass(frozen=True)
class InForce:
    """The rules of a derivation, and the names to which they were put: (table, id) -> name."""

    rules: TenantRules
    names: Mapping[tuple[str, int], str]

    def differs(self, later: "InForce") -> bool:
        """A name that arrives for the first time is no changed rule."""
        renamed = any(later.names.get(key) != name for key, name in self.names.items())
        return renamed or self.rules != later.rules


def _plain(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}
