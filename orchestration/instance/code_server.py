"""Dagster's code server, whose runs are forked off a process that has imported what they need: ``python -m`` this, with
the arguments of ``dagster``.

Left to itself Dagster starts a new Python for each run, which imports Dagster, dlt, dbt and DuckDB: most of what a
small sync costs. Each run reads the settings for itself: nothing is defined before. Ticks that wait for something end
when this is told to end.
"""

import multiprocessing
from multiprocessing import forkserver
from typing import Any

from dagster._cli import main
from dagster._grpc import server

from orchestration import sensors

IMPORTED = (
    "babel.dates",
    "dagster._core.storage.runs.sqlite.sqlite_run_storage",
    "dagster._core.storage.schedules.sqlite.sqlite_schedule_storage",
    "dagster._grpc.impl",
    "dbt.adapters.duckdb",
    "dbt.cli.main",
    "dbt.task.build",
    "dbt_common.clients.agate_helper",
    "orchestration.definitions",
    "orchestration.event_log",
    "orchestration.instance.prune",
    "pipelines.actions.inbound_leads.queue",
    "pipelines.analytics.customer_index",
    "pipelines.analytics.publish",
    "pipelines.derivation.derive",
    "pipelines.flow_builder.deliver",
    "pipelines.flow_builder.enqueue",
    "pipelines.servicetitan.load.pipeline",
    "pipelines.servicetitan.load.schema_drift",
    "pipelines.servicetitan.sync",
    "pyarrow.dataset",
    "upath.implementations.local",
    "orchestration.instance.warm",
    "orchestration.instance.frozen",
)


class CodeServer(server.DagsterApiServer):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._mp_ctx: Any = multiprocessing.get_context("forkserver")
        self._mp_ctx.set_forkserver_preload(list(IMPORTED))
        forkserver.ensure_running()  # before the first run asks for it

    def cleanup(self) -> None:
        sensors.no_more_ticks.set()
        super().cleanup()


if __name__ == "__main__":
    server.DagsterApiServer = CodeServer  # type: ignore[misc]
    main()  # type: ignore[no-untyped-call]
