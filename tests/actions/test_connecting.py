"""Connect and disconnect: a tenant that people add while the API runs."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from pipelines.operations import PostgresUrl, open_operations
from pipelines.settings import Settings
from pipelines.tenants.encryption import new_key
from tests.actions.conftest import DFW, Api, Open
from tests.actions.test_crashes import Started, killed_at
from tests.actions.test_crashes import start as start
from tests.actions.test_leads import LEAD, end_of
from tests.actions.test_writes import BOOKING
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company

KEY = new_key()
SECRET = "cs1.made-up-b7f2c9d4e1"
FORM = {"id": DFW, "client_id": "cid.dfw", "client_secret": SECRET, "timezone": "America/Chicago"}
TOKENS = "boss:admin-token:admin,caller:t"
Boss = Callable[..., Api]


@pytest.fixture
def env(env: dict[str, str], simulator: ServiceTitan) -> dict[str, str]:
    """One tenant stands in the environment; the other one is there to be connected."""
    simulator.tokens.clients[DFW].secrets = [SECRET]
    kept = {name: value for name, value in env.items() if "__DFW__" not in name}
    return kept | {"SECRETS_KEY": KEY, "ACTIONS_TOKENS": TOKENS}


@pytest.fixture
def boss(open_api: Open) -> Boss:
    return lambda token="admin-token", **changes: open_api(token, **changes)


def put(api: Api, name: str = "dfw", key: str | None = None, **changes: Any) -> httpx.Response:
    form = {field: value for field, value in (FORM | changes).items() if value is not None}
    return api.write(f"/integration/tenants/{name}", form, key, "PUT")


def remove(api: Api, name: str = "dfw", key: str = "gone") -> httpx.Response:
    return api.delete(f"/integration/tenants/{name}", headers={"idempotency-key": key})


def test_a_tenant_that_is_connected_is_served_by_everything_at_once(boss: Boss, dfw: Company) -> None:
    api, bob = boss(), dfw.add_customer("Bob")
    assert api.read(f"/customers/{bob}", tenant="dfw").status_code == 404
    connected = put(api)
    assert (connected.status_code, connected.json()) == (
        201,
        {"name": "dfw", "id": DFW, "connected": True, "missing_scopes": [], "unknown_scopes": []},
    )
    assert api.read(f"/customers/{bob}", tenant="dfw").json()["id"] == bob
    assert [(one["name"], one["connected"]) for one in api.get("/integration").json()["tenants"]] == [
        ("socal", True),
        ("dfw", True),
    ]
    done = end_of(api, api.post("/webhooks/leads", json=LEAD | {"tenant": "dfw"}), "dfw")
    assert (done["status"], len(dfw.records("leads"))) == ("done", 1)


def test_the_first_tenant_can_be_connected_too(boss: Boss, env: dict[str, str]) -> None:
    for name in [name for name in env if "__SOCAL__" in name]:
        del env[name]
    api = boss()
    assert api.get("/integration").json()["tenants"] == []
    assert api.read("/jobs").json()["detail"] == "no tenant is connected that this token opens"
    assert put(api).status_code == 201
    assert api.get("/health").json()["status"] == "ok"


def test_scopes_that_are_missing_are_named_for_syncs_and_actions(boss: Boss, simulator: ServiceTitan) -> None:
    simulator.tokens.clients[DFW].scopes -= {"tn.sal.estimates:r", "tn.crm.leads:w", "tn.crm.customers:r"}
    assert put(boss()).json()["missing_scopes"] == ["tn.crm.customers:r", "tn.sal.estimates:r", "tn.crm.leads:w"]


def test_where_the_token_says_no_scopes_they_are_tried(boss: Boss, simulator: ServiceTitan) -> None:
    simulator.switches.token_says_scopes = False
    simulator.tokens.clients[DFW].scopes -= {"tn.sal.estimates:r", "tn.jpm.jobcanceledlogs:r"}
    told = put(boss()).json()
    assert told["missing_scopes"] == ["tn.sal.estimates:r", "tn.jpm.jobcanceledlogs:r"]
    assert told["unknown_scopes"] == ["tn.crm.customers:w", "tn.crm.leads:w"]


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("says_scopes", [True, False])
def test_another_tenants_id_is_not_stored(boss: Boss, simulator: ServiceTitan, status: Any, says_scopes: bool) -> None:
    simulator.switches.foreign_tenant_status = status
    simulator.switches.token_says_scopes = says_scopes
    refused = put(boss(), id=77)
    assert (refused.status_code, refused.json()["code"], refused.json()["connected"]) == (422, "not_connected", False)
    assert "nothing of tenant 77 can be read" in refused.json()["detail"]


def test_a_wrong_secret_is_told_and_nothing_is_stored(boss: Boss, settings: Settings) -> None:
    api = boss()
    refused = put(api, client_secret="cs1.wrong")
    assert (refused.status_code, refused.json()["connected"]) == (422, False)
    assert "refused the credentials of tenant dfw" in refused.json()["detail"]
    assert rows(settings) == []


def test_what_servicetitan_let_in_later_is_taken_under_the_same_key(boss: Boss, simulator: ServiceTitan) -> None:
    api, simulator.tokens.clients[DFW].secrets = boss(), []
    assert put(api, key="k").status_code == 422
    simulator.tokens.clients[DFW].secrets = [SECRET]
    assert put(api, key="k").status_code == 201
    again = put(api, key="k")
    assert (again.status_code, again.headers["idempotent-replayed"]) == (201, "true")


def test_a_servicetitan_that_is_down_is_told_and_nothing_is_stored(
    boss: Boss, simulator: ServiceTitan, settings: Settings
) -> None:
    simulator.faults.order("status", "/connect/token", status=502, times=-1)
    assert put(boss()).json()["code"] in ("unavailable", "busy")
    assert rows(settings) == []


def test_one_key_is_one_request_and_its_secret_a_part_of_it(boss: Boss) -> None:
    api = boss()
    assert put(api, key="k").status_code == 201
    assert put(api, key="k", client_secret="cs1.other").json()["code"] == "key_reused"
    assert put(api, name="other", key="k").json()["code"] == "key_reused"
    keyless = api.put("/integration/tenants/dfw", json=FORM)
    assert (keyless.status_code, keyless.json()["code"]) == (400, "idempotency_key_missing")


def test_a_change_without_a_secret_keeps_the_one_that_is_stored(boss: Boss) -> None:
    api = boss()
    assert put(api, client_secret=None).json()["errors"] == {
        "client_secret": ["the client secret is needed: none is stored yet"]
    }
    put(api)
    booking = BOOKING | {"tenant": "dfw"}
    refused = api.write("/bookings", booking)
    assert refused.json()["detail"].startswith("booking_provider_id of tenant dfw is not set; ")
    assert put(api, client_secret=None, booking_provider_id=5501).status_code == 200
    assert api.write("/bookings", booking).status_code == 201


def test_what_a_change_leaves_out_stays_as_it_is(boss: Boss, settings: Settings) -> None:
    api = boss()
    assert put(api, delivery="shadow", country="CA", booking_provider_id=5501).status_code == 201
    assert put(api, timezone=None).status_code == 200
    with open_operations(settings.operations) as con:
        kept = con.execute("select timezone, delivery, country, booking_provider_id from tenants").fetchall()
    assert kept == [("America/Chicago", "shadow", "CA", 5501)]


def test_a_changed_secret_is_used_from_the_next_call_on(boss: Boss, simulator: ServiceTitan) -> None:
    api = boss()
    put(api)
    simulator.tokens.clients[DFW].secrets = ["cs1.newer"]
    simulator.tokens.revoke()
    assert api.read("/jobs", tenant="dfw").json()["code"] == "unavailable"
    assert put(api, client_secret="cs1.newer").status_code == 200
    assert api.read("/jobs", tenant="dfw").status_code == 200


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("socal", {}, "socal stands in the environment: change SERVICETITAN_TENANTS__SOCAL__"),
        ("other", {"id": 410387862}, "410387862 is the id of tenant socal"),
        ("third", {}, f"{DFW} is the id of tenant dfw"),
        ("dfw", {"id": 7}, f"dfw has the id {DFW}: remove it first"),
    ],
)
def test_a_name_or_id_that_is_taken_is_refused_with_the_way_out(
    boss: Boss, name: str, changes: dict[str, Any], words: str
) -> None:
    api = boss()
    assert put(api).status_code == 201
    refused = put(api, name, **changes)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_stored")
    assert words in refused.json()["detail"]


def test_without_a_key_nothing_can_be_stored(boss: Boss) -> None:
    refused = put(boss(SECRETS_KEY=""))
    assert (refused.status_code, refused.json()["code"]) == (409, "not_stored")
    assert "SECRETS_KEY is not set" in refused.json()["detail"]
    assert "servicetitan-flow secrets-key" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("name", "changes", "field"),
    [
        ("dfw", {"timezone": "Mars/Base"}, "timezone"),
        ("dfw", {"country": "usa"}, "country"),
        ("dfw", {"id": 0}, "id"),
        ("dfw", {"client_secret": " "}, "client_secret"),
        ("dfw", {"workspace_id": "w"}, "workspace_id"),
        ("dfw", {"zone": "UTC"}, "zone"),
        ("7", {}, "name"),
        ("a+b", {}, "name"),
    ],
)
def test_what_cannot_be_is_named(boss: Boss, name: str, changes: dict[str, Any], field: str) -> None:
    refused = put(boss(), name, **changes)
    assert (refused.status_code, list(refused.json()["errors"])) == (422, [field])
    assert SECRET not in refused.text


def test_only_an_admin_connects_and_only_what_the_token_is_bound_to(boss: Boss) -> None:
    for api in (boss("t"), boss("t", ACTIONS_TOKENS="caller:t:ro")):
        for refused in (put(api), remove(api)):
            assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")
            assert "needs admin in ACTIONS_TOKENS" in refused.json()["detail"]
    mine = boss("m", ACTIONS_TOKENS="mine:m:admin:dfw")
    assert put(mine, "utah").status_code == 403
    assert put(mine).status_code == 201
    assert [one["name"] for one in mine.get("/integration").json()["tenants"]] == ["dfw"]
    assert remove(mine).status_code == 200


def test_a_token_of_a_tenant_that_comes_later_opens_it_then(boss: Boss) -> None:
    late = boss("l", ACTIONS_TOKENS="boss:admin-token:admin,late:l:rw:dfw")
    assert late.get("/actions").json()["tenants"] == []
    put(Api(late.url, "admin-token"))
    assert late.get("/actions").json()["tenants"] == ["dfw"]


def test_a_source_of_a_tenant_that_comes_later_is_served_then(boss: Boss) -> None:
    source = {"TENANT": "dfw", "CAMPAIGN_ID": "1", "CALL_REASON_ID": "2"}
    api = boss(**{f"LEAD_SOURCES__FORM__{name}": value for name, value in source.items()})
    lead = {name: value for name, value in LEAD.items() if name != "tenant"}
    away = api.post("/webhooks/leads", params={"source": "form"}, json=lead)
    assert (away.status_code, away.json()["code"]) == (503, "tenant_away")
    assert int(away.headers["retry-after"]) > 0
    put(api)
    assert api.post("/webhooks/leads", params={"source": "form"}, json=lead).json()["tenant"] == "dfw"


def test_a_tenant_that_is_disconnected_is_known_no_more_and_comes_back(boss: Boss, dfw: Company) -> None:
    api, bob = boss(), dfw.add_customer("Bob")
    put(api)
    gone = remove(api)
    assert (gone.status_code, gone.json()["connected"]) == (200, False)
    assert "Connected again under the same id it goes on" in gone.json()["kept"]
    assert remove(api).headers["idempotent-replayed"] == "true"
    assert remove(api, key="another").status_code == 404
    assert api.read(f"/customers/{bob}", tenant="dfw").status_code == 404
    assert put(api, "dallas").status_code == 201, "under another name, too"
    assert api.read(f"/customers/{bob}", tenant="dallas").status_code == 200
    assert remove(api, "socal", "k").json()["code"] == "not_stored"


def test_a_lost_key_leaves_its_tenant_alone_and_all_others_at_work(boss: Boss, ada: int) -> None:
    assert put(boss()).status_code == 201
    for changes, why in (({"SECRETS_KEY": new_key()}, "is another one"), ({"SECRETS_KEY": ""}, "is not set")):
        api = boss(**changes)
        assert api.read(f"/customers/{ada}", tenant="socal").status_code == 200
        refused = api.read("/jobs", tenant="dfw")
        assert (refused.status_code, refused.json()["code"]) == (502, "unavailable")
        assert refused.json()["detail"].startswith(f"not connected: SECRETS_KEY {why}; ")
        card = {one["name"]: one for one in api.get("/integration").json()["tenants"]}
        assert (card["dfw"]["connected"], card["socal"]["connected"]) == (False, True)
        assert card["dfw"]["reason"].startswith(f"not connected: SECRETS_KEY {why}; ")
    api = boss(SECRETS_KEY=new_key())
    assert put(api, client_secret=None).json()["errors"]["client_secret"]
    assert put(api).status_code == 200, "connected anew"
    assert api.read("/jobs", tenant="dfw").status_code == 200


def test_a_key_in_front_opens_what_the_one_behind_it_has_stored(boss: Boss) -> None:
    put(boss())
    assert boss(SECRETS_KEY=f"{new_key()},{KEY}").read("/jobs", tenant="dfw").status_code == 200


def test_the_secret_is_nowhere(boss: Boss, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    api = boss()
    answers = [
        put(api, client_secret=f"{SECRET}-wrong"),
        put(api, timezone="Mars/Base"),
        put(api),
        put(api, client_secret=None),
        api.get("/integration"),
        api.get("/health"),
        api.post("/auth", json={"tenant": "dfw"}),
        remove(api),
        put(api),
    ]
    assert not [answer.text for answer in answers if SECRET in answer.text]
    assert SECRET not in caplog.text
    files = [path for path in settings.data_dir.rglob("*") if path.is_file()]
    assert settings.operations in files or isinstance(settings.operations, PostgresUrl)
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]


def test_a_put_that_is_killed_is_done_by_the_next_one(
    start: Started, simulator: ServiceTitan, settings: Settings
) -> None:
    def send(api: Api) -> None:
        api.put(
            "/integration/tenants/dfw",
            json=FORM,
            headers={"authorization": "Bearer admin-token", "idempotency-key": "k"},
            timeout=0.3,
        )

    killed_at(start, simulator, "/connect/token", "POST", send)
    killed_at(start, simulator, "/customers", "GET", send)
    assert rows(settings) == []
    process = start()
    api = Api(process.api.url, "admin-token")
    assert put(api, key="k").status_code == 201
    assert put(api, key="k").headers["idempotent-replayed"] == "true"
    assert api.read("/jobs", tenant="dfw").status_code == 200
    assert SECRET not in process.log.read_text()


def test_a_tenant_that_hangs_while_it_is_tried_keeps_nobody_waiting(
    boss: Boss, simulator: ServiceTitan, ada: int
) -> None:
    api = boss()
    simulator.faults.order("hang", "", tenant=DFW, times=-1)
    with ThreadPoolExecutor(8) as threads:
        tries = [threads.submit(put, api) for _ in range(8)]
        assert api.read(f"/customers/{ada}", tenant="socal").elapsed.total_seconds() < 5
        assert api.get("/health").status_code == 200
        found = {one.result().json()["code"] for one in tries}
    assert found <= {"unavailable", "busy"}


def rows(settings: Settings) -> list[Any]:
    with open_operations(settings.operations) as con:
        return con.execute("select name, client_secret from tenants").fetchall()


def test_the_document_says_what_a_tenant_is_made_of(boss: Boss) -> None:
    document = httpx.get(f"{boss().url}/openapi.json").json()
    body = document["paths"]["/api/servicetitan/integration/tenants/{name}"]["put"]["requestBody"]
    secret = body["content"]["application/json"]["schema"]["properties"]["client_secret"]
    assert "password" in json.dumps(secret)
