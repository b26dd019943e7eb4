"""The gate over HTTP: what a flow asks before each of its mails."""

from typing import Any

import jsonschema
import pytest

from pipelines.actions.schemas.inputs import UpdateState
from pipelines.actions.web.dependencies import fingerprint
from pipelines.settings import Settings
from pipelines.tenants import directory
from tests.actions.conftest import Api, Open
from tests.flow_builder.household import DAY, Household
from tests.flow_builder.stored import Stored
from tests.simulator.world import World

AS_OF_0_1_0 = "41cd0dbe2d7b09836e56de39ac966111ecb1d1efb408807b2628a046da1115fe"
STATE_OF = "/customers/{}/state?tenant=socal"


@pytest.fixture
def home(world: World) -> Household:
    home = Household()
    home.now = world.now()
    return home


@pytest.fixture
def stored(settings: Settings, home: Household) -> Stored:
    return Stored.beside(settings, home)


@pytest.fixture
def booked(stored: Stored, home: Household, world: World) -> str:
    """A visit in three days, told five minutes ago."""
    name = home.books(1, 3 * DAY)
    stored.go_on()
    world.advance(seconds=600)
    return name


def test_a_flow_asks_by_what_its_message_named(api: Api, home: Household, booked: str) -> None:
    answer = api.get(f"/transitions/{booked}")
    assert answer.status_code == 200
    found = answer.json()
    assert found.keys() == {"transition_id", "as_of", "may_send", "reasons", "stands", "is_current", "state", "data"}
    assert (found["transition_id"], found["may_send"], found["reasons"]) == (booked, True, [])
    assert (found["stands"], found["is_current"], found["state"]) == (True, True, 2.0)
    assert found["as_of"] == home.now.isoformat().replace("+00:00", "Z")
    assert found["data"]["customer"]["email"] == "ada@example.com"
    assert found["data"]["flow_name"] == "What to Expect"


def test_what_is_left_is_said(api: Api, stored: Stored, home: Household, booked: str) -> None:
    home.enters(3.0, 1)
    stored.go_on()
    found = api.get(f"/transitions/{booked}").json()
    assert (found["may_send"], found["reasons"], found["data"]) == (False, ["left"], None)


def test_too_old_a_knowledge_says_ask_again(api: Api, world: World, booked: str) -> None:
    world.advance(seconds=3600)
    found = api.get(f"/transitions/{booked}").json()
    assert (found["may_send"], found["reasons"]) == (False, ["stale_data"])


def test_how_old_is_a_setting(open_api: Open, world: World, booked: str) -> None:
    api = open_api(GATE_MAX_AGE_MINUTES="90")
    world.advance(seconds=3600)
    assert api.get(f"/transitions/{booked}").json()["may_send"] is True


def test_of_a_tenant_that_is_not_connected_any_more_it_says_no(open_api: Open, booked: str) -> None:
    gone = {"SERVICETITAN_TENANTS__SOCAL__ID": "99", "ACTIONS_TOKENS": "all:a,socal:s:ro:socal"}
    api = open_api("a", **gone)
    for query in ("", "?tenant=dallas"):
        found = api.get(f"/transitions/{booked}{query}").json()
        assert (found["may_send"], found["reasons"], found["stands"]) == (False, ["stale_data"], True)
    assert api.get(f"/transitions/{booked}?tenant=dfw").status_code == 404
    assert Api(api.url, "s").get(f"/transitions/{booked}").status_code == 404


def test_the_action_is_the_same(api: Api, booked: str) -> None:
    by_door = api.post("/actions/servicetitan_check_transition", json={"input": {"transition_id": booked}})
    assert by_door.json() == api.get(f"/transitions/{booked}?tenant=socal").json()
    action = next(
        one for one in api.get("/actions").json()["actions"] if one["type"] == "servicetitan_check_transition"
    )
    jsonschema.validate(by_door.json(), action["result_schema"])
    assert action["writes"] is False


def test_a_token_that_may_only_read_suffices_and_one_of_another_tenant_finds_nothing(
    open_api: Open, booked: str
) -> None:
    tokens = {"ACTIONS_TOKENS": "reader:r:ro,dfw:d:rw:dfw"}
    assert open_api("r", **tokens).get(f"/transitions/{booked}").status_code == 200
    hidden, unheard = (open_api("d", **tokens).get(f"/transitions/{one}") for one in (booked, "unheard-of"))
    assert (hidden.status_code, hidden.json()["code"]) == (404, "not_found")
    assert hidden.json() == {**unheard.json(), "detail": hidden.json()["detail"]}


def test_of_another_tenant_and_of_what_was_never_told_nothing_is_said(
    api: Api, stored: Stored, home: Household, booked: str
) -> None:
    assert api.get(f"/transitions/{booked}?tenant=dfw").status_code == 404
    quiet = home.enters(1.0, ago=10 * DAY)
    stored.go_on()
    for unknown in (quiet, "unheard-of"):
        answer = api.get(f"/transitions/{unknown}")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
        assert answer.json()["detail"] == f"nothing was told of a transition {unknown}"


def test_a_state_may_be_set_without_its_flow(api: Api, stored: Stored, ada: int) -> None:
    change: dict[str, Any] = {"state": 3, "reason": "Agreed on the phone"}
    quiet = api.write(STATE_OF.format(ada), change | {"start_flow": False}, method="PUT")
    usual = api.write(STATE_OF.format(ada), change, method="PUT")
    assert [answer.json()["update"]["start_flow"] for answer in (quiet, usual)] == [False, True]
    with stored.open() as con:
        rows = con.execute("select start_flow from state_updates order by set_at, start_flow").fetchall()
    assert rows == [(0,), (1,)]


def test_a_state_that_was_set_before_start_flow_was_there_is_known_by_its_key(settings: Settings) -> None:
    """Its content is what 0.1.0 made of it."""
    socal = directory.find(settings, "socal")
    as_then = UpdateState(customer_id=1, state=3.0, reason="r")
    assert fingerprint("a", socal, as_then) == fingerprint("a", socal, as_then.model_copy(update={"start_flow": True}))
    assert fingerprint("a", socal, as_then) != fingerprint("a", socal, as_then.model_copy(update={"start_flow": False}))
    assert fingerprint("a", socal, as_then) == AS_OF_0_1_0


def test_no_answer_waits_for_a_sync_that_has_the_file(api: Api, stored: Stored, booked: str) -> None:
    with stored.open() as con:
        con.begin()
        answer = api.get(f"/transitions/{booked}", timeout=5)
        con.rollback()
    assert answer.json()["may_send"] is True
