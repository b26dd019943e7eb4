"""The Dagster run that an idle sync is measured against."""

import dagster as dg


@dg.op
def do_nothing() -> None: ...


@dg.job(executor_def=dg.in_process_executor, name="nothing")
def job() -> None:
    do_nothing()


definitions = dg.Definitions(jobs=[job])
