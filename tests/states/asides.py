"""What is known beside a family's story, and changes with it or later: contacts, locations, assignments, reasons."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from random import Random
from typing import Any, TypeVar

from tests.states.happenings import BASE, Op
from tests.states.histories import TENANTS

REASONS = ("Booked in error", "Price", "DUPLICATE", "Weather", "Moved to another job", None)
PEOPLE = ("Ann", "Ben", "Cal", None)
VALUES = {
    "Email": ["ada@example.com", " Ada <ada@example.com>", "none", "  "],
    "Phone": ["213 555 0100", ""],
    "MobilePhone": ["+1 213 555 0101"],
    "Fax": ["213 555 0102"],
}
PREFERENCES = (None, None, {"marketingUpdatesEnabled": True}, {"marketingUpdatesEnabled": False})
SELDOM = 0.1
T = TypeVar("T")


class Asides:
    """The same for the same seed. It knows the visits and customers that there have been."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.step = 0
        self.jobs: dict[tuple[int, int], int | None] = {}  # by tenant and visit
        self.customers: dict[tuple[int, int], None] = {}

    def beside(self, ops: Iterable[Op]) -> Iterator[Op]:
        """These, with their reasons, and what comes beside them, and later than others."""
        self.step += 1
        for op in ops:
            yield self._with_reason(op)
            key = op.row["tenant_id"], op.row["id"]
            if op.table == "appointments":
                self.jobs[key] = op.row.get("job_id")
            elif op.table == "customers":
                self.customers[key] = None
        yield from self._later()

    def _with_reason(self, op: Op) -> Op:
        if op.table == "jobs":
            return Op(op.table, {"job_number": f"J{op.row['id']}", **op.row})
        reason_id = self.random.choice([1, 2, 3, 4, 5, 6, 99, None])
        return Op(op.table, {**op.row, "reason_id": reason_id}) if op.table == "job_canceled_logs" else op

    def _later(self) -> Iterator[Op]:
        for tenant, visit in self._some(self.jobs):
            yield self._assignment(tenant, visit)
        for tenant, customer in self._some(self.customers):
            yield self._contact(tenant, customer)
        for tenant in TENANTS:
            for place in self._some((1, 2, 7), self.step / 3):
                address = {"street": f"{self.random.randrange(9)} Main Street", "zip": "91101"}
                yield self._op("locations", tenant, id=place, name=f"Place {place}", address=address)
            for reason in self._some((1, 2, 3, 4, 5, 6), self.step / 3):
                yield self._op("job_cancel_reasons", tenant, id=reason, name=self.random.choice(REASONS))

    def _some(self, things: Iterable[T], share: float = SELDOM) -> list[T]:
        return [each for each in things if self.random.random() < share]

    def _assignment(self, tenant: int, visit: int) -> Op:
        """Also one that was another visit's."""
        number = self.random.choice([visit, visit, visit, visit + 1])
        assigned_on = self.random.choice([BASE, BASE + timedelta(days=self.step), None])
        told = {"technician_name": self.random.choice(PEOPLE), "active": self.random.choice([True, True, None, False])}
        return self._op(
            "appointment_assignments",
            tenant,
            **{"id": number, "appointment_id": visit, "job_id": self.jobs[tenant, visit], "assigned_on": assigned_on},
            **told,
        )

    def _contact(self, tenant: int, customer: int) -> Op:
        kind = self.random.choice(["Email"] * 3 + list(VALUES))
        told = {"type": kind, "value": self.random.choice(VALUES[kind]), "preferences": self.random.choice(PREFERENCES)}
        active = self.random.choice([True, True, None, False])
        number = self.random.randrange(3)
        return self._op("customer_contacts", tenant, id=number, customer_id=customer, active=active, **told)

    def _op(self, table: str, tenant: int, **row: Any) -> Op:
        """Each step's rows are newer."""
        return Op(table, {"tenant_id": tenant, "modified_on": BASE + timedelta(days=self.step), **row})
