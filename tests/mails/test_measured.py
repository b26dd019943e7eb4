"""The measurement itself, with a product that only follows up leads."""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

from tests.mails.line import Message
from tests.mails.measured import Listener, Measurement
from tests.mails.recording import Recorder, Recording, Syncs
from tests.mails.table import changed_since, table, wrong
from tests.simulator.flow_builder.flows import Data, Gate
from tests.simulator.flow_builder.mails import Flow
from tests.simulator.world import World

HOUSEHOLDS, DAYS = 20, 24


class Followups:
    """Tells once of every lead; its gate knows what the records say at that very moment."""

    derivations = 0

    def __init__(self, world: World) -> None:
        self.world = world
        self.told: dict[str, Data] = {}

    def sync(self, tenants: Collection[int]) -> Iterator[Message]:
        for tenant_id in tenants:
            for lead in self.world.companies[tenant_id].records("leads"):
                webhook_id = f"{tenant_id}-{lead['id']}"
                if lead.get("customerId") and lead["status"] == "Open" and webhook_id not in self.told:
                    self.told[webhook_id] = self.data(tenant_id, lead)
                    yield webhook_id, {"type": "changed", "data": self.told[webhook_id]}

    def pause(self, tenants: Collection[int]) -> None:
        """It has no brake."""

    def data(self, tenant_id: int, lead: dict[str, Any]) -> Data:
        company = self.world.companies[tenant_id]
        contacts = company.children("customer_contacts", "customerId", lead["customerId"])
        return {
            "transition_id": f"{tenant_id}-{lead['id']}",
            "tenant_id": tenant_id,
            "customer_id": lead["customerId"],
            "flow_name": Flow.FOLLOW_UP,
            "ends": [],
            "job_id": None,
            "cause": {"source_table": "leads", "source_id": str(lead["id"])},
            "customer": {"email": next((one["value"] for one in contacts if one["type"] == "Email"), None)},
        }

    @property
    def gate(self) -> Gate:
        return self.ask

    def ask(self, transition_id: str) -> Data:
        data = self.told[transition_id]
        lead = self.world.companies[data["tenant_id"]].get("leads", int(data["cause"]["source_id"]))
        return {"may_send": lead["status"] == "Open", "reasons": [], "data": data}


def measured(line: Callable[[World], Syncs]) -> Measurement:
    measurement = Measurement(lambda world: {"it": Listener.of(line(world))}, HOUSEHOLDS, DAYS)
    measurement.run()
    return measurement


def test_who_asks_mails_no_lead_that_is_closed_and_who_is_told_of_no_end_does(tmp_path: Path) -> None:
    path = tmp_path / "messages.jsonl"
    whole = measured(lambda world: Recorder(Followups(world), path))
    naive, heeding, asking = whole.ears
    causes = [{cause.name for verdict in wrong(ear) for cause in verdict.causes} for ear in (naive, heeding, asking)]
    assert "LEAD_CLOSED" in causes[0] & causes[1]
    assert "LEAD_CLOSED" not in causes[2]
    assert {wish.flow for wish in whole.missing(naive)} >= {Flow.VISIT, Flow.SORRY, Flow.UNSOLD, Flow.SOLD}
    assert Flow.FOLLOW_UP not in {wish.flow for wish in whole.missing(naive)}
    assert not {*wrong(naive)} & {*changed_since(naive)}
    shown = [*table(whole, 2 * HOUSEHOLDS)]
    assert "40 life histories, 23 days, 0 derivations" in shown
    assert any("the lead is not open any more" in line for line in shown)
    again = measured(lambda _world: Recording(path))
    assert [*table(again, 2 * HOUSEHOLDS)] == shown
