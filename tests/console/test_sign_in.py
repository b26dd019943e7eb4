"""Who comes in to the console, and what a post must show: console.md, Signing in and Proof."""

from pathlib import Path

import httpx
import pytest

from pipelines.console.guard import only_below_console
from pipelines.operations import open_operations
from pipelines.settings import ConfigurationError, Settings, load_settings
from pipelines.settings.console_user import split
from tests.console.conftest import Open
from tests.console.visitor import CHEAP, HASH, PASSWORD, USERS, Visitor
from tests.simulator.world import World

DECISIONS = "/console/decisions"


def test_a_page_is_shown_after_signing_in(url: str) -> None:
    with Visitor(url) as nobody:
        refused = nobody.get("/console/decisions", params={"page": 1})
        assert refused.status_code == 303
        assert refused.headers["location"] == "/console/sign-in?next=%2Fconsole%2Fdecisions%3Fpage%3D1"
        page = nobody.page(refused.headers["location"])
        assert page.fields("/console/sign-in")["next"] == "/console/decisions?page=1"
        entered = nobody.post(
            "/console/sign-in", data={"name": "ola", "password": PASSWORD, "next": "/console/decisions?page=1"}
        )
        assert (entered.status_code, entered.headers["location"]) == (303, "/console/decisions?page=1")
        cookie = entered.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Secure" not in cookie
        assert "ola" in nobody.page(DECISIONS).words


def test_every_answer_forbids_what_no_page_needs(ola: Visitor) -> None:
    for path in ("/console", "/console/nothing", "/console/sign-in", "/console/static/console.css"):
        headers = ola.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
    assert ola.get("/console").headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("name", "password"), [("ola", "wrong"), ("nobody", PASSWORD), ("ola", ""), ("", "")])
def test_a_wrong_name_and_a_wrong_password_are_told_alike(url: str, name: str, password: str) -> None:
    with Visitor(url) as nobody:
        refused = nobody.sign_in(name, password)
        assert refused.status_code == 403
        assert "no user of this name has this password" in refused.text
        assert "set-cookie" not in refused.headers


def test_guessing_is_limited_by_name_and_a_right_password_costs_nothing(url: str) -> None:
    with Visitor(url) as nobody:
        for _ in range(7):
            assert nobody.sign_in("vic").status_code == 303
        tries = [nobody.sign_in("ola", "wrong") for _ in range(7)]
        assert [one.status_code for one in tries] == [403] * 5 + [429] * 2
        assert int(tries[-1].headers["retry-after"]) >= 1
        assert nobody.sign_in("vic").status_code == 303


def test_guessing_many_names_is_limited_by_address(url: str) -> None:
    with Visitor(url) as nobody:
        answers = [nobody.sign_in(f"name-{number}", "wrong").status_code for number in range(33)]
    assert answers[:25] == [403] * 25
    assert 429 in answers


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "http://127.0.0.1:1"])
def test_a_post_of_another_origin_is_refused(ola: Visitor, origin: str | None) -> None:
    token = ola.token()
    for path in ("/console/sign-out", "/console/sign-in"):
        request = ola.build_request("POST", path, data={"csrf_token": token, "name": "ola", "password": PASSWORD})
        del request.headers["origin"]
        if origin:
            request.headers["origin"] = origin
        refused = ola.send(request)
        assert refused.status_code == 403
        assert "set-cookie" not in refused.headers
    assert ola.get(DECISIONS).status_code == 200


def test_a_post_needs_the_token_of_its_own_session(url: str, ola: Visitor) -> None:
    with Visitor(url, "vic") as other:
        for token in ("", "x", "x.y", other.token(), "ä.ö"):
            refused = ola.post("/console/sign-out", data={"csrf_token": token})
            assert refused.status_code == 403
    assert ola.get(DECISIONS).status_code == 200


def test_a_session_id_that_was_there_before_signing_in_is_worth_nothing(url: str) -> None:
    with Visitor(url) as victim:
        victim.cookies.set("console_session", "fixed-by-somebody-else")
        victim.sign_in("ola")
        assert {cookie.value for cookie in victim.cookies.jar if cookie.domain} != {"fixed-by-somebody-else"}
    with httpx.Client(base_url=url, cookies={"console_session": "fixed-by-somebody-else"}) as attacker:
        assert attacker.get(DECISIONS).status_code == 303


def test_signing_in_anew_and_signing_out_end_the_session(url: str, ola: Visitor) -> None:
    first = ola.cookies["console_session"]
    ola.sign_in("ola")
    second = ola.cookies["console_session"]
    assert ola.post("/console/sign-out", data={"csrf_token": ola.token()}).headers["location"] == "/console/sign-in"
    for old in (first, second):
        with httpx.Client(base_url=url, cookies={"console_session": old}) as thief:
            assert thief.get(DECISIONS).status_code == 303


def test_a_session_lasts_for_twelve_hours(ola: Visitor, world: World) -> None:
    world.clock.advance(hours=11, minutes=59)
    assert ola.get(DECISIONS).status_code == 200
    world.clock.advance(minutes=1)
    assert ola.get(DECISIONS).status_code == 303


@pytest.mark.parametrize(
    "users",
    [
        f"ola:viewer:{HASH}",
        f"ola:operator+socal:{HASH}",
        f"ola:operator:{CHEAP.hash(PASSWORD)}",
        f"other:operator:{HASH}",
    ],
    ids=["another role", "other tenants", "another hash", "removed"],
)
def test_a_session_ends_where_its_user_is_another(open_console: Open, users: str) -> None:
    with Visitor(open_console(), "ola") as ola, Visitor(open_console(CONSOLE_USERS=users)) as later:
        later.cookies.set("console_session", ola.cookies["console_session"])
        assert ola.get(DECISIONS).status_code == 200
        assert later.get(DECISIONS).status_code == 303


def test_no_session_can_be_made_of_the_store(ola: Visitor, settings: Settings) -> None:
    with open_operations(settings.operations) as con:
        rows = repr(con.execute("select * from console_sessions").fetchall())
    assert "ola" in rows
    assert ola.cookies["console_session"] not in rows
    assert PASSWORD not in rows


def test_behind_https_the_cookie_is_bound_to_the_host(open_console: Open) -> None:
    url = open_console(CONSOLE_URL="https://console.example.com")
    with Visitor(url) as visitor:
        visitor.headers.update({"host": "console.example.com", "origin": "https://console.example.com"})
        cookie = visitor.sign_in("ola").headers["set-cookie"]
        assert cookie.startswith("__Host-console_session=")
        assert "Secure" in cookie
        assert "Path=/" in cookie
        visitor.headers["host"] = "127.0.0.1:8400"
        assert visitor.get("/console/sign-in").status_code == 400


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil@127.0.0.1", ""])
def test_without_a_public_address_only_this_machine_is_a_host(url: str, host: str) -> None:
    with Visitor(url) as visitor:
        assert visitor.get("/console/sign-in", headers={"host": host}).status_code == 400
        assert visitor.get("/console/sign-in", headers={"host": "localhost:1"}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        *("https://evil.example/console", "//evil.example/console", "/console/../x", "/consolex", "/\\evil.example"),
        *("/console\\@evil", "javascript:alert(1)", "", "/console/\nx", "///console", "/api/servicetitan/health"),
    ],
)
def test_a_sign_in_leads_nowhere_but_below_the_console(path: str) -> None:
    assert only_below_console(path) == "/console"


def test_entries_begin_where_a_name_and_a_role_stand() -> None:
    assert split(USERS) == [f"ola:operator:{HASH}", f"vic:viewer:{HASH}", f"sol:operator+socal:{HASH}"]


@pytest.mark.parametrize(
    "entry",
    [
        "ola",
        "ola:operator",
        f"ola:admin:{HASH}",
        "ola:operator:secret-in-clear",
        f"ola:operator:{HASH},ola:viewer:{HASH}",
    ],
)
def test_an_entry_that_cannot_work_stops_the_start_and_shows_no_hash(
    settings: Settings, tmp_path: Path, env: dict[str, str], entry: str
) -> None:
    file = tmp_path / "wrong.env"
    file.write_text("".join(f"{name}={value}\n" for name, value in (env | {"CONSOLE_USERS": entry}).items()))
    with pytest.raises(ConfigurationError, match="CONSOLE_USERS") as stopped:
        load_settings(file)
    assert "secret-in-clear" not in str(stopped.value)
    assert HASH not in str(stopped.value)
    assert settings.console_users == []


def test_who_posts_after_the_session_has_ended_is_told_and_led_back_to_the_form(url: str) -> None:
    with Visitor(url, "ola") as ola:
        form = {"csrf_token": ola.token(), "reason": "too late"}
        ola.cookies.clear()
        for referer, back in (
            (f"{url}/console/deliveries?batch=one", "/console/deliveries?batch=one"),
            ("https://elsewhere.example.com/console-of-mine", "/console"),
            ("", "/console"),
        ):
            answer = ola.post("/console/pause-all", data=form, headers={"referer": referer})
            assert answer.status_code == 303
            page = ola.page(answer.headers["location"])
            assert "You had been signed out meanwhile, and nothing was done" in page.words
            assert page.fields("/console/sign-in")["next"] == back
        ola.sign_in("ola")
        assert "too late" not in ola.page("/console/decisions").words
