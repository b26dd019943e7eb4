"""The `docs` job, which makes dbt's documentation for the console, every night."""

import dagster as dg

from orchestration.errors import with_known_errors
from orchestration.locks import exclusive
from pipelines.links import Page, console_link
from pipelines.settings import Settings

WAIT_SECONDS = 300.0


def docs(settings: Settings) -> dg.JobDefinition:
    @dg.op(name="make_docs")
    @with_known_errors
    def make(context: dg.OpExecutionContext) -> None:
        from pipelines.derivation.docs import docs_page, make_docs

        if not settings.warehouse.exists():
            context.log.info("nothing was derived yet: the first sync makes what there is to describe")
            return
        page = docs_page(settings.data_dir)
        with exclusive(settings, WAIT_SECONDS):
            size = make_docs(settings.warehouse, settings.data_dir.absolute() / "dbt", page)
        link = console_link(settings.console_url, Page.DOCS)
        shown = {"console": dg.MetadataValue.url(link)} if link else {}
        context.add_output_metadata({"page": dg.MetadataValue.path(str(page)), "bytes": size, **shown})

    @dg.job(
        name=settings.of_shard("docs"),
        description="Makes dbt's documentation (every model, column and test, and their lineage), which the console"
        " shows at /console/docs/. Holds syncs up for some seconds.",
        executor_def=dg.in_process_executor,
    )
    def job() -> None:
        make()

    return job


def docs_schedule(job: dg.JobDefinition) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name="docs_schedule",
        job=job,
        cron_schedule="41 3 * * *",
        description="Starts `docs` every night.",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
