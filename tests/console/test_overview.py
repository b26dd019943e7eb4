"""The overview: is it running, what waits, and the switches."""

from pipelines.flow_builder.outbox.figures import TenantFigures, by_tenant
from pipelines.operations import open_operations
from pipelines.settings import Settings
from tests.console.visitor import Visitor
from tests.simulator.world import World


def test_what_is_not_well_stands_above_with_what_to_do(ola: Visitor) -> None:
    words = ola.page("/console").words
    assert "socal" in words
    assert "dfw" in words
    assert "nothing is sent: FLOW_BUILDER_TRIGGER_URL is not set" in words
    assert "All is well" not in words


def test_a_switch_is_turned_with_a_reason_and_stands_in_the_decisions(ola: Visitor) -> None:
    refused = ola.act("/console/tenants/socal/pause", reason="  ")
    assert refused.status_code == 422
    assert "reason" in refused.text
    assert ola.act("/console/tenants/socal/pause", reason="a strange Monday").headers["location"] == "/console"
    words = ola.page("/console").words
    assert "socal is paused: everything waits, and nothing leaves" in words
    assert "socal is paused" not in ola.page("/console").words, "it is said once"
    decisions = ola.page("/console/decisions").words
    assert "ola paused socal a strange Monday" in decisions


def test_the_brake_is_on_for_all_until_it_is_let_go(ola: Visitor, settings: Settings) -> None:
    ola.act("/console/pause-all", reason="stop")
    assert "All tenants are paused" in ola.page("/console").words
    assert "but all tenants together are still kept back" not in ola.page("/console").words
    ola.act("/console/tenants/dfw/pause", reason="this one, too")
    ola.act("/console/tenants/dfw/resume", reason="no")
    assert "still kept back" in ola.page("/console").words
    ola.act("/console/resume-all", reason="go on")
    assert "All tenants are paused" not in ola.page("/console").words
    with open_operations(settings.operations) as con:
        rows = con.execute("select tenant_id, paused_at is null, is_shadow from tenant_switches order by 1").fetchall()
    assert [paused for _, paused, _ in rows] == [1, 1]


def test_a_shadow_is_not_well_and_says_who_wanted_it(ola: Visitor) -> None:
    assert "in shadow" not in ola.page("/console").words
    assert "Everything runs on, and nothing is sent" in ola.page("/console").words
    ola.act("/console/tenants/socal/shadow", reason="the first days")
    words = ola.page("/console").words
    assert "socal: in shadow, and nobody is mailed, by ola: the first days , since" in words
    assert "PST. What to do: go live below" in words.replace(" .", "."), "in the tenant's own time"
    ola.act("/console/tenants/socal/live", reason="looked through")
    assert "in shadow" not in ola.page("/console").words


def test_all_that_are_paused_are_one_trouble_and_only_that_is_resumed(ola: Visitor) -> None:
    ola.act("/console/pause-all", reason="stop")
    page = ola.page("/console")
    assert "all tenants: paused, and nothing leaves, by ola: stop" in page.words
    assert "socal: paused" not in page.words
    assert "/console/tenants/socal/resume" not in page.actions()
    assert "/console/resume-all" in page.actions()


def test_who_is_bound_to_a_tenant_sees_and_turns_only_that(url: str) -> None:
    with Visitor(url, "sol") as sol, Visitor(url, "ola") as ola:
        assert "dfw" not in sol.page("/console").words
        assert sol.act("/console/tenants/dfw/pause").status_code == 404
        ola.act("/console/tenants/dfw/pause", reason="seen by ola alone")
        assert "seen by ola alone" not in sol.page("/console/decisions").words
        sol.act("/console/pause-all", reason="mine")
        assert "All tenants are paused" not in ola.page("/console").words


def test_a_form_is_good_for_one_post(ola: Visitor) -> None:
    form = {"csrf_token": ola.token(), "reason": "twice"}
    assert ola.post("/console/tenants/socal/pause", data=form).status_code == 303
    assert ola.post("/console/tenants/socal/pause", data=form).status_code == 409
    assert ola.page("/console/decisions").words.count("ola paused socal twice") == 1


def test_a_viewer_sees_and_does_not_act(url: str) -> None:
    with Visitor(url, "vic") as vic:
        page = vic.page("/console")
        assert [*page.actions()] == ["/console/sign-out"]
        assert vic.act("/console/pause-all").status_code == 403
        assert "Nobody has decided anything yet" in vic.page("/console/decisions").words


def test_without_an_address_a_test_message_says_so(ola: Visitor) -> None:
    refused = ola.act("/console/test-send")
    assert refused.status_code == 422
    assert "FLOW_BUILDER_TRIGGER_URL" in refused.text


def test_a_sync_that_cannot_start_says_why(ola: Visitor) -> None:
    refused = ola.act("/console/sync")
    assert refused.status_code == 502
    assert "Dagster at DAGSTER_URL" in refused.text


def test_figures_count_what_is_there_by_tenant(settings: Settings, world: World) -> None:
    with open_operations(settings.operations) as con:
        assert by_tenant(con, world.now(), world.now()) == {}
    assert TenantFigures() == (0, 0, 0, 0, 0)
