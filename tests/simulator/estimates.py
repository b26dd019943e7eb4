"""What happens to estimates: written, sold, unsold, dismissed."""

from decimal import Decimal
from typing import Any

from tests.simulator import records
from tests.simulator.jobs import JobVerbs
from tests.simulator.ledger import Refused
from tests.simulator.wire import Record, written

STATUS = {name: {"value": value, "name": name} for value, name in enumerate(("Open", "Sold", "Dismissed"))}
SALESPERSON = 202


class EstimateVerbs(JobVerbs):
    def create_estimate(
        self,
        customer_id: int | None = None,
        job_id: int | None = None,
        *,
        subtotal: Decimal | str | int = "12500.000000",
        **fields: Any,
    ) -> int:
        """On a job it takes the job's customer, location and business unit."""
        defaults: Record = {"customerId": customer_id, "name": "Good", "items": []}
        if job_id is not None:
            job = self.get("jobs", job_id)
            unit = self.get("business_units", job["businessUnitId"])
            defaults |= {name: job[name] for name in ("jobNumber", "customerId", "locationId", "businessUnitId")}
            defaults |= {"businessUnitName": unit["name"]}
        subtotal = Decimal(subtotal)
        estimate = records.estimate(id=self.new_id(), jobId=job_id, subtotal=subtotal, **(defaults | fields))
        estimate_id = self.insert("estimates", estimate)
        if job_id is not None:
            self.change("jobs", job_id, estimateIds=[*self.get("jobs", job_id)["estimateIds"], estimate_id])
        return estimate_id

    def sell(self, estimate_id: int, sold_by: int = SALESPERSON) -> None:
        if self.get("estimates", estimate_id)["status"]["name"] == "Sold":
            raise Refused("id", f"estimate {estimate_id} is already sold")
        self._set_status(estimate_id, "Sold", soldOn=written(self.now()), soldBy=sold_by)

    def unsell(self, estimate_id: int) -> None:
        if self.get("estimates", estimate_id)["status"]["name"] != "Sold":
            raise Refused("id", f"estimate {estimate_id} is not sold")
        self._set_status(estimate_id, "Open", soldOn=None, soldBy=None)

    def dismiss_estimate(self, estimate_id: int) -> None:
        self._set_status(estimate_id, "Dismissed", soldOn=None, soldBy=None)

    def delete_estimate(self, estimate_id: int) -> None:
        self.change("estimates", estimate_id, active=False)

    def _set_status(self, estimate_id: int, name: str, **fields: Any) -> None:
        old = self.get("estimates", estimate_id)["status"]["name"]
        self.change("estimates", estimate_id, status=STATUS[name], **fields)
        change = {"id": self.new_id(), "estimateId": estimate_id, "oldStatus": old, "newStatus": name}
        self.insert("estimate_status_changes", {**change, "createdOn": None, "createdById": records.USER})
