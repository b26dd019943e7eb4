"""How other senders' fields are named: what is wrong is said at the start, and how a path of before is written now."""

from pathlib import Path
from typing import Any

import jmespath
import pytest
from click.testing import CliRunner

from orchestration.cli.main import main
from pipelines.settings import ConfigurationError, load_settings
from pipelines.settings.old_paths import expression
from tests.test_settings import COMPLETE

SOURCE = {"TENANT": "socal", "CAMPAIGN_ID": "7", "CALL_REASON_ID": "8"}
FORM: dict[str, Any] = {
    "id": 12,
    "first_name": "Ada",
    "last_name": "Lovelace",
    "middle_name": None,
    "first-name": "Bob",
    "house": 7,
    "street": "Main St",
    "contact": {"phone": "213", "e-mail": "ada@example.com"},
    "field_data": [
        {"name": "full_name", "values": ["Grace Hopper"]},
        {"name": "what's_up?", "values": ["roof"]},
        {"name": "blank", "values": []},
    ],
}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in COMPLETE.items() | {(f"LEAD_SOURCES__FORM__{name}", value) for name, value in SOURCE.items()}:
        monkeypatch.setenv(name, value)


def said(monkeypatch: pytest.MonkeyPatch, **changes: str) -> list[str]:
    for name, value in changes.items():
        monkeypatch.setenv(f"LEAD_SOURCES__FORM__{name}", value)
    with pytest.raises(ConfigurationError) as error:
        load_settings(None)
    return str(error.value).splitlines()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("a ||", "Invalid jmespath expression: Incomplete expression:"),
        ("first-name", "Bad jmespath expression: Unknown token '-':"),
        ("nosuch(a)", "Unknown function: nosuch()"),
        ("a && b[?nosuch(@)]", "Unknown function: nosuch()"),
        ("join(' ')", "Expected 2 arguments for function join(), received 1"),
    ],
)
def test_a_wrong_expression_stops_the_start_in_jmespaths_words(
    monkeypatch: pytest.MonkeyPatch, wrong: str, words: str
) -> None:
    [line] = said(monkeypatch, MAP__NAME=wrong)
    assert line.startswith(f"LEAD_SOURCES__FORM__MAP__NAME: found {wrong!r}; expected JMESPath: {words}")


def test_a_field_that_there_is_not_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    [line] = said(monkeypatch, MAP__FAX="a")
    assert line.startswith("LEAD_SOURCES__FORM__MAP__FAX: there is no such field")


@pytest.mark.parametrize("command", ["check", "serve", "up"])
def test_a_tenant_that_there_is_not_is_told_where_the_tenants_are_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    for name, value in {"LEAD_SOURCES__FORM__TENANT": "socla", "DATA_DIR": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    assert load_settings(None).lead_sources["form"].tenant == "socla", "no other command minds"
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, command)
    assert (done.exit_code, done.output) == (
        1,
        "Error: LEAD_SOURCES__FORM__TENANT: found 'socla'; expected the name of a tenant\n",
    )


@pytest.mark.parametrize(
    ("before", "now", "read"),
    [
        ("id", "id", 12),
        ("contact.phone", "contact.phone", "213"),
        ("contact.e-mail", 'contact."e-mail"', "ada@example.com"),
        ("first-name", '@."first-name"', "Bob"),
        ("mobile | contact.mobile|contact.phone", "mobile || contact.mobile || contact.phone", "213"),
        ("first_name last_name", "join(' ', [first_name, last_name][?@].to_string(@))", "Ada Lovelace"),
        ("house middle_name street", "join(' ', [house, middle_name, street][?@].to_string(@))", "7 Main St"),
        ("field_data.full_name", "field_data[?name=='full_name'].values[0] | [0]", "Grace Hopper"),
        ("field_data.what's_up?", r"field_data[?name=='what\'s_up?'].values[0] | [0]", "roof"),
        (
            "field_data.blank | full_name | first_name last_name",
            "(field_data[?name=='blank'].values[0] | [0]) || full_name"
            " || join(' ', [first_name, last_name][?@].to_string(@))",
            "Ada Lovelace",
        ),
        (
            "field_data.full_name id",
            "join(' ', [field_data[?name=='full_name'].values[0] | [0], id][?@].to_string(@))",
            "Grace Hopper 12",
        ),
    ],
)
def test_the_paths_of_before_stop_the_start_with_the_expression_that_reads_the_same(
    monkeypatch: pytest.MonkeyPatch, before: str, now: str, read: object
) -> None:
    [line] = said(monkeypatch, FIELDS__NAME=before)
    assert line.startswith(
        f"LEAD_SOURCES__FORM__FIELDS__NAME: is LEAD_SOURCES__FORM__MAP__NAME={now} now, which is JMESPath"
    )
    assert expression(before) == now
    assert jmespath.search(now, FORM) == read


def test_every_path_of_before_has_its_line_and_an_object_that_may_be_a_list_its_hint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    phone, name = sorted(said(monkeypatch, FIELDS__NAME="who", FIELDS__PHONE="answers.phone"), reverse=True)
    assert name.endswith("FIELDS__NAME: is LEAD_SOURCES__FORM__MAP__NAME=who now, which is JMESPath")
    assert phone.endswith(
        "; where answers is a list of name and values, answers.phone is answers[?name=='phone'].values[0] | [0]"
    )
