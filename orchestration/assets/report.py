"""The report: a page for people, made of what was published."""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from orchestration.assets.checks import Check
from orchestration.assets.specs import ANALYTICS, OWNERS, REPORT, REPORTING, Results
from orchestration.errors import in_a_line
from pipelines.settings import Settings

REPORT_CHECK = Check(
    "page_is_made",
    "The report shows what was published last.",
    "mend what the error says, then run `servicetitan-flow report`; syncs and deliveries go on without it",
    dg.AssetCheckSeverity.WARN,
)
ERROR = "error"


def report(settings: Settings) -> dg.AssetsDefinition:
    @dg.asset(
        key=REPORT,
        deps=[ANALYTICS],
        group_name=REPORTING,
        owners=OWNERS[REPORTING],
        kinds={"html"},
        output_required=False,
        check_specs=[REPORT_CHECK.spec(REPORT)],
        description="The funnel, customers per state, flows between states, deliveries, and what waits: a page that"
        " opens from a file. Made when something was published.",
    )
    def write(context: dg.AssetExecutionContext) -> Results:
        from pipelines.report.write import write_report

        try:
            path = write_report(settings, datetime.now(UTC))
        except Exception as error:  # a picture is never worth a failed sync
            context.log.exception("the report was not made")
            yield REPORT_CHECK.result(REPORT, {ERROR: in_a_line(error)})
        else:
            links = {"page": dg.MetadataValue.url(path.as_uri()), "path": dg.MetadataValue.path(path)}
            yield dg.MaterializeResult(asset_key=REPORT, metadata=links)
            yield REPORT_CHECK.result(REPORT, {})

    return write


def not_made(result: dg.ExecuteInProcessResult) -> Iterator[str]:
    """A line for the operator, where the page was to be made anew and was not."""
    for check in result.get_asset_check_evaluations():
        if check.check_name == REPORT_CHECK.name and ERROR in check.metadata:
            yield f"the report was not made: {check.metadata[ERROR].value}"
