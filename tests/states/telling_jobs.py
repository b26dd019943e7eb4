"""Job types whose jobs tell what they are, row by row, whatever they are called."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
BEGAN = NOW - timedelta(days=60)
SOLD, OPEN = ({"value": value, "name": name} for value, name in ((1, "Sold"), (0, "Open")))
Rows = dict[str, list[dict[str, Any]]]


class TellingJobs:
    """Of one tenant. Every job has a customer of its own, but an install, which is its sales visit's customer's."""

    def __init__(
        self,
        tenant_id: int,
        tenant_name: str,
        names: Mapping[int, str],
        units: Mapping[int, str],
    ) -> None:
        self.tenant_id, self._ids = tenant_id, iter(range(1000, 1_000_000))
        self.rows: Rows = {"customers": [], "jobs": [], "estimates": [], "leads": []}
        self.rows["tenants"] = [{"tenant_id": tenant_id, "tenant_name": tenant_name}]
        for table, each in (("job_types", names), ("business_units", units)):
            self.rows[table] = [self._row(one, BEGAN, name=name) for one, name in each.items()]

    def sells(self, count: int, job_type: int, install: int, unit: int | None = None) -> None:
        """Each visit has an estimate, which is sold, and an install made of it the day after."""
        for _ in range(count):
            visit = self._job(job_type, unit)
            estimate = self._estimate(visit, SOLD, sold_on=BEGAN + timedelta(days=2))
            link = {"customer_id": visit["customer_id"], "created_from_estimate_id": estimate}
            self._job(install, None, BEGAN + timedelta(days=3), **link)

    def serves(self, count: int, job_type: int, unit: int | None = None, **fields: Any) -> None:
        for _ in range(count):
            self._job(job_type, unit, **fields)

    def offers_in_vain(self, count: int, job_type: int, subtotal: int) -> None:
        for _ in range(count):
            self._estimate(self._job(job_type), OPEN, subtotal=Decimal(subtotal))

    def repairs(self, count: int, job_type: int) -> None:
        """What is sold on the spot is done at once."""
        for _ in range(count):
            self._estimate(self._job(job_type), SOLD, sold_on=BEGAN)

    def strangers_ask(self, **fields: Any) -> None:
        self.rows["leads"].append(self._row(next(self._ids), BEGAN, **{"status": "Open"} | fields))

    def _job(self, job_type: int, unit: int | None = None, created: datetime = BEGAN, **fields: Any) -> dict[str, Any]:
        if "customer_id" not in fields:
            self.rows["customers"].append(self._row(next(self._ids), created))
            fields["customer_id"] = self.rows["customers"][-1]["id"]
        place = {"job_type_id": job_type, "business_unit_id": unit}
        self.rows["jobs"].append(self._row(next(self._ids), created, **{"job_status": "Completed"} | place | fields))
        return self.rows["jobs"][-1]

    def _estimate(self, job: dict[str, Any], status: dict[str, Any], **fields: Any) -> int:
        place = {"job_id": job["id"], "customer_id": job["customer_id"], "status": status}
        self.rows["estimates"].append(self._row(next(self._ids), BEGAN, **place, **fields))
        return int(self.rows["estimates"][-1]["id"])

    def _row(self, identity: int, at: datetime, **fields: Any) -> dict[str, Any]:
        return {"tenant_id": self.tenant_id, "id": identity, "created_on": at, "modified_on": at, **fields}
