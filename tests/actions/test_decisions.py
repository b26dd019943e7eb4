"""What people decide about leads that wait: by the route and on the command line, with one and the same function."""

import json
from collections.abc import Callable
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from orchestration.cli.main import main
from pipelines.actions.database import ActionsDatabase
from pipelines.actions.inbound_leads.queue import LeadQueue
from pipelines.clock import now
from pipelines.operations import open_operations
from pipelines.settings import Settings
from tests.actions.conftest import SOCAL, Api
from tests.actions.test_leads import LEAD, end_of
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company

Run = Callable[..., Result]
MART = """
create table marts.customer_servicetitan_state (
    tenant_id bigint, servicetitan_customer_id bigint, customer_name varchar, current_state decimal(2,1),
    current_state_name varchar, customer_is_active boolean
)
"""


@pytest.fixture
def run(env: dict[str, str], settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:  # noqa: ARG001
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("USER", "olivia")
    monkeypatch.setenv("LOGNAME", "olivia")
    return lambda *arguments: CliRunner().invoke(main, ["leads", *map(str, arguments)])


@pytest.fixture
def twin(socal: Company, ada: int) -> int:  # noqa: ARG001
    return socal.add_customer("A. Lovelace", phone="(213) 555-2823")


@pytest.fixture
def waiting(api: Api, twin: int) -> dict[str, Any]:  # noqa: ARG001
    return end_of(api, api.post("/webhooks/leads", json=LEAD))


def path(lead: dict[str, Any]) -> str:
    return f"/webhooks/leads/{lead['id']}/decision?tenant=socal"


def later(api: Api, lead: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = api.read(f"/webhooks/leads/{lead['id']}", tenant="socal").json()
    return shown


def test_a_lead_in_review_says_why_customer_by_customer(waiting: dict[str, Any], ada: int, twin: int) -> None:
    assert waiting["last_error"] == (
        f"customer {ada} has the number and the e-mail; others match, too;"
        f" customer {twin} has the number; others match, too; nothing was written"
    )


@pytest.mark.parametrize(
    "body",
    [
        {"customer_id": 1},
        {"reason": "r"},
        {"create": True, "discard": True, "reason": "r"},
        {"customer_id": 1, "retry": True, "reason": "r"},
        {"create": False, "reason": "r"},
        {"discard": True, "reason": " "},
    ],
)
def test_a_decision_is_one_and_has_a_reason(api: Api, waiting: dict[str, Any], body: dict[str, Any]) -> None:
    refused = api.write(path(waiting), body)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
    assert later(api, waiting)["status"] == "needs_review"


def test_a_lead_may_be_discarded(api: Api, waiting: dict[str, Any], socal: Company) -> None:
    decided = api.write(path(waiting), {"discard": True, "reason": "spam"}).json()
    assert (decided["status"], decided["decision"], decided["decision_reason"]) == ("discarded", "discard", "spam")
    assert decided["ended_at"]
    assert api.write(path(waiting), {"retry": True, "reason": "r"}).json()["code"] == "settled"
    assert (len(socal.records("customers")), socal.records("leads")) == (2, [])


def test_once_the_doubles_are_merged_the_lead_is_tried_once_more(
    api: Api, waiting: dict[str, Any], socal: Company, ada: int, twin: int
) -> None:
    assert end_of(api, api.write(path(waiting), {"retry": True, "reason": "r"}))["status"] == "needs_review"
    socal.merge_customers(twin, ada)
    done = end_of(api, api.write(path(waiting), {"retry": True, "reason": "merged"}))
    assert (done["status"], done["customer_id"], done["decision_reason"]) == ("done", ada, "merged")


def test_another_customer_than_the_one_whose_lead_was_rejected_may_be_chosen(
    api: Api, simulator: ServiceTitan, socal: Company, ada: int
) -> None:
    simulator.faults.order("status", "/leads", method="POST", status=400)
    rejected = end_of(api, api.post("/webhooks/leads", json=LEAD | {"email": "second@mail.example.net"}))
    bob = socal.add_customer("Bob Stone")
    assert (rejected["status"], rejected["customer_id"]) == ("rejected", ada)
    done = end_of(api, api.write(path(rejected), {"customer_id": bob, "reason": "r"}))
    assert (done["customer_id"], done["location_id"]) == (bob, socal.location_of(bob))
    [lead] = socal.records("leads")
    kept = "Ada Lovelace; +12135552823; second@mail.example.net"
    assert (lead["customerId"], lead["summary"]) == (bob, f"Wants a new roof; {kept}")


def test_who_is_inactive_cannot_be_chosen_and_who_was_merged_away_stands_for_the_survivor(
    api: Api, run: Run, waiting: dict[str, Any], socal: Company, ada: int, twin: int
) -> None:
    away = socal.add_customer("Bob Stone", active=False)
    refused = api.write(path(waiting), {"customer_id": away, "reason": "r"})
    assert (refused.status_code, f"customer {away} is inactive" in refused.text) == (422, True)
    told = run("choose", waiting["id"], away, "--reason", "r")
    assert (told.exit_code, f"customer {away} is inactive in ServiceTitan" in told.output) == (1, True)
    assert later(api, waiting)["status"] == "needs_review"
    socal.merge_customers(twin, ada)
    assert run("choose", waiting["id"], twin, "--reason", "r").exit_code == 0
    done = end_of(api, api.post("/webhooks/leads", json=LEAD))  # the same lead
    assert (done["status"], done["customer_id"]) == ("done", ada)


def test_the_command_line_lists_shows_and_chooses(
    api: Api, run: Run, waiting: dict[str, Any], socal: Company, ada: int, twin: int
) -> None:
    listed = run()
    assert listed.exit_code == 0
    assert (waiting["id"] in listed.output, f"{ada}, {twin}" in listed.output) == (True, True)
    assert "213" not in listed.output.replace(waiting["id"], "")
    assert run("list", "--status", "done").output == "no lead is done\n"
    assert json.loads(run("show", waiting["id"]).output)["lead"]["phone"] == "+12135552823"
    chosen = run("choose", waiting["id"], ada, "--reason", "called her")
    assert (chosen.exit_code, chosen.output) == (0, f"{waiting['id']}: open\n")
    done = end_of(api, api.post("/webhooks/leads", json=LEAD))  # the same lead
    assert (done["id"], done["status"], done["customer_id"]) == (waiting["id"], "done", ada)
    assert (done["decided_by"], done["decision_reason"]) == ("olivia", "called her")
    assert [lead["customerId"] for lead in socal.records("leads")] == [ada]


def test_the_command_line_shows_who_the_candidates_are_and_who_is_called_so(
    api: Api, run: Run, settings: Settings, waiting: dict[str, Any], ada: int, twin: int
) -> None:
    nameless = {"phone": "999-999-9999", "email": None, "name": "Lovelace", "contact_id": None}
    unreachable = end_of(api, api.post("/webhooks/leads", json=LEAD | nameless))
    assert json.loads(run("show", waiting["id"]).output)["candidates_in_copy"] == []  # nothing was published yet
    names = {ada: "Ada Lovelace", twin: "A. Lovelace", 7: "Bob Stone"}
    with duckdb.connect(settings.analytics) as con:
        con.execute("create schema marts")
        con.execute(MART)
        con.executemany(
            "insert into marts.customer_servicetitan_state values (?, ?, ?, 2.0, 'Visit Booked', true)",
            [(SOCAL, number, name) for number, name in names.items()],
        )
    for lead in (waiting, unreachable):
        found = json.loads(run("show", lead["id"]).output)["candidates_in_copy"]
        assert {one["customer_id"]: one["name"] for one in found} == {ada: "Ada Lovelace", twin: "A. Lovelace"}
        assert found[0]["state_name"] == "Visit Booked"
    assert api.write(path(waiting), {"customer_id": twin, "reason": "r"}).is_success
    [chosen] = json.loads(run("show", waiting["id"]).output)["candidates_in_copy"]
    assert chosen["name"] == "A. Lovelace"


@pytest.mark.parametrize(("command", "status"), [("create", "open"), ("retry", "open"), ("discard", "discarded")])
def test_the_command_line_decides_otherwise_too(run: Run, waiting: dict[str, Any], command: str, status: str) -> None:
    assert run(command, waiting["id"], "--reason", "r").output == f"{waiting['id']}: {status}\n"


def test_the_command_line_says_what_stands_in_the_way(run: Run, waiting: dict[str, Any]) -> None:
    for arguments, status, words in (
        (("choose", waiting["id"], "7", "--reason", "r"), 1, "ServiceTitan has no customer 7 of socal"),
        (("discard", "no-such", "--reason", "r"), 1, "there is no inbound lead no-such"),
        (("discard", waiting["id"]), 2, "Missing option '--reason'"),
    ):
        refused = run(*arguments)
        assert (refused.exit_code, words in refused.output) == (status, True), refused.output
    assert run("discard", waiting["id"], "--reason", "r").exit_code == 0
    assert "the lead is discarded" in run("discard", waiting["id"], "--reason", "r").output


def test_what_is_over_is_forgotten_after_thirty_days(api: Api, settings: Settings, waiting: dict[str, Any]) -> None:
    api.write(path(waiting), {"discard": True, "reason": "r"})
    with open_operations(settings.operations) as con:
        con.execute("update inbound_leads set ended_at = '2020-01-01T00:00:00.000000Z'")
    store = ActionsDatabase(settings.operations)
    LeadQueue(store, now).forget_old()
    store.close()
    assert later(api, waiting)["lead"] == {}
