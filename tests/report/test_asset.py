"""The report in the line: made when something was published, and never in anybody's way."""

from collections.abc import Iterator

import dagster as dg

from orchestration.assets.report import report
from orchestration.assets.specs import ANALYTICS
from tests.report.conftest import Published


def publishing(anything: bool) -> dg.AssetsDefinition:
    @dg.asset(key=ANALYTICS, output_required=False)
    def publish() -> Iterator[dg.MaterializeResult[None]]:
        if anything:
            yield dg.MaterializeResult()

    return publish


def test_it_is_made_when_something_was_published_and_linked(busy: Published) -> None:
    result = dg.materialize([publishing(anything=True), report(busy.settings)])
    [made] = result.asset_materializations_for_node("report")
    latest = busy.settings.data_dir / "reports" / "latest.html"
    assert made.metadata["page"].value == latest.as_uri()
    assert latest.exists()
    [check] = result.get_asset_check_evaluations()
    assert check.passed


def test_it_is_left_alone_while_nothing_changes(busy: Published) -> None:
    assert dg.materialize([publishing(anything=False), report(busy.settings)]).success
    assert not (busy.settings.data_dir / "reports").exists()


def test_where_it_cannot_be_made_a_check_says_so_and_the_run_goes_on(busy: Published) -> None:
    (busy.settings.data_dir / "reports").touch()
    result = dg.materialize([publishing(anything=True), report(busy.settings)])
    assert result.success
    [check] = result.get_asset_check_evaluations()
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "reports" in str(check.metadata["error"].value)
