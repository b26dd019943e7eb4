"""The stand-in ServiceTitan's gates: tokens, app key, tenant, scopes, rate."""

from typing import Any

import httpx
import orjson
import pytest

from tests.simulator.caller import calling
from tests.simulator.servicetitan import ServiceTitan

FORM = {"grant_type": "client_credentials", "client_id": "cid.socal", "client_secret": "cs1.socal"}


def token(simulator: ServiceTitan, **fields: str) -> httpx.Response:
    return httpx.post(f"{simulator.url}/connect/token", data=FORM | fields)


def test_a_token_is_a_bearer_token_for_900_seconds_with_its_scopes(simulator: ServiceTitan) -> None:
    answer = token(simulator).json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 900)
    assert "tn.jpm.jobs:r" in answer["scope"].split()
    assert answer["access_token"].count(".") == 2


def test_there_is_no_refresh_token(simulator: ServiceTitan) -> None:
    assert "refresh_token" not in token(simulator).json()


@pytest.mark.parametrize("status", [400, 401])
def test_a_wrong_secret_is_an_oauth_error(simulator: ServiceTitan, status: Any) -> None:
    simulator.switches.bad_secret_status = status
    answer = token(simulator, client_secret="cs1.wrong")
    assert (answer.status_code, answer.json()) == (status, {"error": "invalid_client"})


def test_two_secrets_hold_while_they_are_rotated(simulator: ServiceTitan) -> None:
    simulator.tokens.clients[410387862].secrets.append("cs1.new")
    assert [token(simulator, client_secret=secret).status_code for secret in ("cs1.socal", "cs1.new")] == [200, 200]


def test_a_token_request_in_json_is_refused(simulator: ServiceTitan) -> None:
    assert httpx.post(f"{simulator.url}/connect/token", json=FORM).status_code == 400


def test_a_token_ends_after_its_seconds_on_the_worlds_clock(simulator: ServiceTitan) -> None:
    with calling(simulator) as caller:
        simulator.world.advance(seconds=899)
        assert caller.get("crm/customers").status_code == 200
        simulator.world.advance(seconds=1)
        assert caller.get("crm/customers").status_code == 401


def test_the_word_bearer_may_be_left_out(simulator: ServiceTitan) -> None:
    with calling(simulator) as caller:
        caller.client.headers["authorization"] = caller.client.headers["authorization"].removeprefix("Bearer ")
        assert caller.get("crm/customers").status_code == 200


@pytest.mark.parametrize("header", ["authorization", "st-app-key"])
def test_both_headers_are_needed(simulator: ServiceTitan, header: str) -> None:
    with calling(simulator) as caller:
        del caller.client.headers[header]
        assert caller.get("crm/customers").status_code == 401


@pytest.mark.parametrize("form", ["problem", "empty", "text"])
def test_the_body_of_a_401_takes_the_form_that_is_switched(simulator: ServiceTitan, form: Any) -> None:
    simulator.switches.unauthorized_body = form
    answer = httpx.get(f"{simulator.url}/crm/v2/tenant/410387862/customers")
    assert answer.status_code == 401
    assert answer.text.partition("https")[0] == {"problem": '{"type":"', "empty": "", "text": "Unauthorized"}[form]


@pytest.mark.parametrize("status", [403, 404])
def test_a_token_opens_its_own_tenant_only(simulator: ServiceTitan, status: Any) -> None:
    simulator.switches.foreign_tenant_status = status
    with calling(simulator) as caller:
        caller.tenant_id = 1116148646
        assert caller.get("crm/customers").status_code == status


def test_a_missing_scope_closes_its_module_only_and_is_named(simulator: ServiceTitan) -> None:
    simulator.tokens.clients[410387862].scopes.remove("tn.jpm.jobs:r")
    with calling(simulator) as caller:
        refused = caller.get("jpm/export/jobs")
        assert refused.status_code == 403
        assert refused.json()["errors"] == {"scope": ["The scope tn.jpm.jobs:r is missing."]}
        assert caller.get("jpm/export/appointments").status_code == 200


def test_the_61st_call_within_a_second_is_refused_for_that_tenant_alone(simulator: ServiceTitan) -> None:
    second = 0.0
    simulator.rate.monotonic = lambda: second
    with calling(simulator) as socal, calling(simulator, "dfw") as dfw:
        assert [socal.get("crm/leads").status_code for _ in range(61)] == [200] * 60 + [429]
        assert dfw.get("crm/leads").status_code == 200
        second = 1.0
        assert socal.get("crm/leads").status_code == 200


@pytest.mark.parametrize("form", ["seconds", "date", "none"])
def test_a_429_says_the_wait_in_the_form_that_is_switched_and_in_its_title(simulator: ServiceTitan, form: Any) -> None:
    simulator.switches.calls_per_second, simulator.switches.retry_after = 0, form
    with calling(simulator) as caller:
        refused = caller.get("crm/leads")
    expected = {"seconds": lambda h: h == "1", "date": lambda h: h.endswith(" GMT"), "none": lambda h: h == ""}
    assert refused.status_code == 429
    assert expected[form](refused.headers.get("retry-after", ""))
    assert refused.json()["title"].endswith("1 seconds.")


def test_an_error_has_all_members_of_servicetitans_error_object(simulator: ServiceTitan) -> None:
    answer = httpx.get(f"{simulator.url}/crm/v2/tenant/410387862/customers")
    assert set(answer.json()) == {"type", "title", "status", "traceId", "errors", "data"}


def test_an_unknown_path_is_a_404(simulator: ServiceTitan) -> None:
    with calling(simulator) as caller:
        assert caller.get("crm/unicorns").status_code == 404


def test_every_call_is_logged_with_its_tenant_parameters_and_status(simulator: ServiceTitan) -> None:
    with calling(simulator) as caller:
        caller.get("crm/customers", page="2")
        caller.get("crm/customers", page="nought")
    calls = simulator.log.of("/customers")
    assert [(call.tenant, call.query, call.status) for call in calls] == [
        (410387862, {"page": "2"}, 200),
        (410387862, {"page": "nought"}, 400),
    ]


def test_no_secret_is_in_the_log(simulator: ServiceTitan) -> None:
    with calling(simulator) as caller:
        caller.get("crm/customers")
    assert b"cs1" not in orjson.dumps([call.as_json() for call in simulator.log.calls])
