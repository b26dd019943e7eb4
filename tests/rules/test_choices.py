"""What people choose by click, as it goes into a file that others edit by hand."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipelines.rules.choices import Choice, alone, edited, put
from pipelines.rules.files import RulesError, read_rules
from pipelines.rules.seeds import CANCEL_REASON_RULES, JOB_KIND_RULES

HEADING = "tenant_id,match_field,pattern,job_kind,priority,estimates_from\n"
SALES = Choice("job_type_id", 7, "sales")


def test_a_file_that_is_not_there_is_begun(tmp_path: Path) -> None:
    put(JOB_KIND_RULES, tmp_path, 1, [SALES, Choice("business_unit_id", 8, "install")])
    text = (tmp_path / "job_kind_rules.csv").read_text()
    assert text == f"{HEADING}1,job_type_id,7,sales,5,\n1,business_unit_id,8,install,6,\n"
    put(CANCEL_REASON_RULES, tmp_path, 1, [Choice("reason_id", 9, "false")])
    assert (tmp_path / "cancel_reason_rules.csv").read_text().splitlines()[1] == "1,reason_id,9,false,5"
    assert len(read_rules(tmp_path)) == 3


def test_what_others_wrote_stays_as_they_wrote_it_and_the_row_of_the_same_id_makes_way(tmp_path: Path) -> None:
    path = tmp_path / "job_kind_rules.csv"
    before = (
        "\ufeffpriority,job_kind, match_field,pattern,tenant_id,estimates_from\r\n"
        '2,install,job_type_name,"crane, ""big""\nor small",,\r\n'
        "\r\n"
        "1 , other, job_type_id, 7, 1, 500\r\n"
        "9,other,job_type_id,7,2,\r\n"
        "3,sales,job_type_id,7,,"
    )
    path.write_bytes(before.encode())
    put(JOB_KIND_RULES, tmp_path, 1, [SALES, Choice("job_type_id", 8, "other")])
    assert (
        path.read_bytes().decode()
        == before.replace("1 , other, job_type_id, 7, 1, 500", "5,sales,job_type_id,7,1,")
        + "\r\n5,other,job_type_id,8,1,\r\n"
    )
    put(JOB_KIND_RULES, tmp_path, 1, [Choice("job_type_id", 7, None), Choice("job_type_id", 99, None)])
    assert path.read_bytes().decode() == before.replace("1 , other, job_type_id, 7, 1, 500\r\n", "") + (
        "\r\n5,other,job_type_id,8,1,\r\n"
    )


def test_an_amount_of_estimates_stays_where_the_kind_does(tmp_path: Path) -> None:
    path = tmp_path / "job_kind_rules.csv"
    path.write_text(f"{HEADING}1,job_type_id,7,other,9,500\n")
    put(JOB_KIND_RULES, tmp_path, 1, [Choice("job_type_id", 7, "other")])
    assert path.read_text() == f"{HEADING}1,job_type_id,7,other,5,500\n"


def test_a_file_without_tenants_gets_their_column(tmp_path: Path) -> None:
    path = tmp_path / "job_kind_rules.csv"
    path.write_text('match_field,pattern,job_kind,priority\njob_type_name,"a\nb",sales,1\n\n')
    put(JOB_KIND_RULES, tmp_path, 1, [SALES])
    assert path.read_text() == (
        'match_field,pattern,job_kind,priority,tenant_id\njob_type_name,"a\nb",sales,1,\n\njob_type_id,7,sales,5,1\n'
    )
    assert [row.cells["pattern"] for row in read_rules(tmp_path)] == ["a\nb", "7"]


def test_a_file_that_somebody_broke_is_named_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "job_kind_rules.csv"
    path.write_text(f"{HEADING},job_type_name,x,sale,1,\n")
    with pytest.raises(RulesError, match="row 2, job_kind: found 'sale'; expected sales, install or other"):
        put(JOB_KIND_RULES, tmp_path, 1, [SALES])
    assert path.read_text() == f"{HEADING},job_type_name,x,sale,1,\n"
    assert [one.name for one in tmp_path.iterdir()] == ["job_kind_rules.csv"]


def test_of_several_at_once_nobody_loses_a_row(tmp_path: Path) -> None:
    def one(number: int) -> None:
        with alone(tmp_path):
            put(JOB_KIND_RULES, tmp_path, 1, [Choice("job_type_id", number, "sales")])

    with ThreadPoolExecutor(8) as people:
        list(people.map(one, range(1, 17)))
    assert {row.cells["pattern"] for row in read_rules(tmp_path)} == {str(number) for number in range(1, 17)}


def test_a_file_behind_a_link_is_written_where_it_lies(tmp_path: Path) -> None:
    kept, folder = tmp_path / "kept.csv", tmp_path / "rules"
    folder.mkdir()
    kept.write_text(HEADING)
    (folder / "job_kind_rules.csv").symlink_to(kept)
    put(JOB_KIND_RULES, folder, 1, [SALES])
    assert (folder / "job_kind_rules.csv").is_symlink()
    assert kept.read_text() == f"{HEADING}1,job_type_id,7,sales,5,\n"
    assert edited(JOB_KIND_RULES, folder / "job_kind_rules.csv", 1, []) == kept.read_text()
