"""What may stand in RULES_DIR: everything else is named with its file, row, column and what is expected."""

from pathlib import Path

import pytest

from pipelines.rules.files import RulesError, read_rules
from pipelines.rules.seeds import SEEDS, shipped_rows

KINDS = "tenant_id,match_field,pattern,job_kind,priority,estimates_from"
WRONG = {
    "job_kind_rules.csv": {
        f"{KINDS}\n,job_type,x,sale,high,much\n": [
            "row 2, match_field: found 'job_type'; expected job_type_id, job_type_name, business_unit_id,",
            "row 2, job_kind: found 'sale'; expected sales, install or other",
            "row 2, priority: found 'high'; expected a whole number",
            "row 2, estimates_from: found 'much'; expected an amount, or nothing",
        ],
        f"{KINDS}\nsocal,job_type_name,x,sales,1,\n": ["row 2, tenant_id: found 'socal'; expected a tenant's id, or"],
        f"{KINDS}\n\n,job_type_name,consult(ation?|quote,sales,1,\n": [
            "row 3, pattern: found 'consult(ation?|quote'; expected a regular expression of RE2: missing ): "
        ],
        f"{KINDS}\n,job_type_name,(?=x),sales,1,\n": ["row 2, pattern: found '(?=x)'; expected a regular expression"],
        f"{KINDS}\n,recall_for_id,0,other,1,\n,warranty_id,,other,1,\n": [
            "row 2, pattern: found '0'; expected an id, or * for any",
            "row 3, pattern: found 'nothing'; expected an id, or * for any",
        ],
        f"{KINDS}\n,no_charge,yes,other,1,\n": ["row 2, pattern: found 'yes'; expected true or false"],
        f"{KINDS}\n,job_type_id,Install,other,1,\n": ["row 2, pattern: found 'Install'; expected an id, or nothing"],
        f"{KINDS}\n,job_type_id,7,sales,1,500\n": ["row 2, estimates_from: found '500'; expected nothing, for a rule"],
        f"{KINDS}\n,job_type_id,7,sales,1,\n,job_type_id,7,other,2,\n": [
            "row 3: row 2 has the same tenant_id empty, match_field job_type_id, pattern 7; expected one of them"
        ],
        f"{KINDS}\n,job_type_id,7,sales\n": ["row 2: found 4 cells; expected 6, as row 1 has"],
        "match_field;pattern;job_kind;priority\n": [
            "row 1: there is no column 'match_field;pattern;job_kind;priority'; expected tenant_id,match_field,",
            "row 1: the column match_field is missing",
        ],
        "match_field,pattern,job_kind,prio\n": ["no column 'prio'", "the column priority is missing"],
        "": ["row 1: the column match_field is missing"],
        '"match_field\n': ["it cannot be read"],
    },
    "customer_states.csv": {
        "state,state_name,flow_name,reset_after_days\n2.25,,x,0\n": [
            "row 2, state: found '2.25'; expected a number from 0 to 9.9 with one decimal at most",
            "row 2, state_name: found 'nothing'; expected a name",
            "row 2, reset_after_days: found '0'; expected days above 0, or nothing for never",
        ],
        "state,state_name,settle_minutes,suppressed_by\n2,Booked,-1,past tense\n": [
            "row 2, settle_minutes: found '-1'; expected minutes, 0 or more, or nothing for 0",
            "row 2, suppressed_by: found 'past tense'; expected words of past, over, twice, converted, do_not_service,",
        ],
        "state,state_name,flow_name\n0,Contact,Welcome\n": ["row 2, flow_name: found 'Welcome'; expected nothing, for"],
        "state,state_name\n2,Booked\n2.0,Booked\n": ["row 3: row 2 has the same tenant_id empty, state 2;"],
    },
    "cancel_reason_rules.csv": {
        "match_field,pattern,starts_flow,priority\nreason_name,x,no,1\n": [
            "row 2, starts_flow: found 'no'; expected true or false"
        ],
    },
    "state_transition_rules.csv": {
        "from_state,to_state,rule\n2,3,acept\n": ["row 2, rule: found 'acept'; expected accept, "],
        "tenant_id,from_state,to_state,rule\n1,2,3,accept\n": ["row 1: there is no column 'tenant_id'"],
    },
}
CASES = [(name, text, words) for name, files in WRONG.items() for text, words in files.items()]


@pytest.mark.parametrize(("name", "text", "words"), CASES, ids=lambda value: str(value)[:40])
def test_what_is_wrong_is_named(tmp_path: Path, name: str, text: str, words: list[str]) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(RulesError) as error:
        read_rules(tmp_path)
    assert [each for each in words if each not in str(error.value)] == [], str(error.value)
    assert all(line.startswith(f"{tmp_path / name}, ") for line in str(error.value).splitlines())


def test_every_problem_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    for name in ("job_kind_rules.csv", "customer_states.csv"):
        (tmp_path / name).write_text("")
    with pytest.raises(RulesError) as error:
        read_rules(tmp_path)
    assert {line.split(",")[0] for line in str(error.value).splitlines()} == {
        str(tmp_path / "job_kind_rules.csv"),
        str(tmp_path / "customer_states.csv"),
    }


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "customer_states.csv").write_bytes(b"state,state_name\n1,L\xe9ad\n")
    with pytest.raises(RulesError, match="it is no text in UTF-8; expected a CSV file in UTF-8"):
        read_rules(tmp_path)


def test_a_folder_in_a_files_place_and_a_file_in_the_folders(tmp_path: Path) -> None:
    (tmp_path / "customer_states.csv").mkdir()
    with pytest.raises(RulesError, match=r"customer_states\.csv, it cannot be read: Is a directory"):
        read_rules(tmp_path)
    (tmp_path / "rules").write_text("")
    with pytest.raises(RulesError, match="Not a directory; expected a folder with customer_states"):
        read_rules(tmp_path / "rules")


@pytest.mark.parametrize("name", ["job_kinds_rules.csv", "Job_Kind_Rules.CSV", "job_kind_rules.xlsx", "mine.csv"])
def test_a_table_that_nobody_would_read_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("")
    with pytest.raises(RulesError, match="a file of this name is not read; expected customer_states"):
        read_rules(tmp_path)


@pytest.mark.parametrize("name", ["README.md", ".job_kind_rules.csv.draft", "job_kind_rules.csv.bak", "notes.txt"])
def test_other_files_may_lie_there(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("anything")
    assert read_rules(tmp_path) == []


def test_a_spreadsheets_file_is_read(tmp_path: Path) -> None:
    text = "\ufeffmatch_field,pattern,job_kind,priority\r\n no_charge ,TRUE,other, 2 \r\n,,,\r\n"
    (tmp_path / "job_kind_rules.csv").write_text(text, newline="")
    [row] = read_rules(tmp_path)
    assert dict(row.cells) == {"match_field": "no_charge", "pattern": "true", "job_kind": "other", "priority": "2"}
    assert row.place == "job_kind_rules.csv, row 2"


def test_there_need_be_no_folder(tmp_path: Path) -> None:
    assert read_rules(tmp_path / "rules") == []


def test_the_shipped_rules_would_pass(tmp_path: Path) -> None:
    for seed in SEEDS:
        columns = set(shipped_rows(seed.name)[0])
        assert columns <= {column.name for column in seed.columns} <= columns | {"tenant_id"}
        shipped = Path("dbt_project/seeds") / seed.file_name
        (tmp_path / seed.file_name).write_bytes((Path(__file__).parents[2] / shipped).read_bytes())
    assert {row.seed for row in read_rules(tmp_path)} == set(SEEDS)
