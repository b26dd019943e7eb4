"""Every asset: the streams, dbt's models, the outbox, the analysts' copy, the deliveries. The heavy libraries are
imported inside the steps, so that a run that needs none of them starts at once."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import dagster as dg

from orchestration.lineage import dbt_assets, dbt_checks
from orchestration.resources import Progress, Warehouse
from pipelines.derive import manifest
from pipelines.servicetitan.streams import STREAMS, Stream
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.derive import NodeResult
    from pipelines.servicetitan.load import LoadResult

POOL = "warehouse"
OUTBOX = dg.AssetKey(["flow_builder", "outbox"])
ANALYTICS = dg.AssetKey(["analytics"])
DELIVERIES = dg.AssetKey(["flow_builder", "deliveries"])
TRANSITIONS = dg.AssetKey(["marts", "customer_state_transitions"])
Results = Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]


def assets(settings: Settings) -> list[dg.AssetsDefinition]:
    return [extract_assets(settings), derive_assets(settings), outbox(settings), analytics(settings), deliveries(settings)]


class ExtractConfig(dg.Config):
    tenants: list[str] = []
    reconcile: bool = False


def stream_spec(stream: Stream) -> dg.AssetSpec:
    columns = {"tenant_id": "bigint", **stream.columns, "record": "json"}
    return dg.AssetSpec(
        key=["servicetitan", stream.name],
        group_name="extract",
        kinds={"dlt", "duckdb"},
        description=f"ServiceTitan's {stream.name.replace('_', ' ')}, of every tenant, as received ({stream.scope}).",
        metadata={
            "dagster/table_name": f"servicetitan.{stream.name}",
            "dagster/column_schema": dg.TableSchema([dg.TableColumn(name, kind) for name, kind in columns.items()]),
        },
    )


def complete_check(stream: Stream) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        "complete",
        asset=["servicetitan", stream.name],
        description="Every tenant's stream was read to its end in the last sync.",
    )


def extract_assets(settings: Settings) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="extract",
        specs=[stream_spec(stream) for stream in STREAMS],
        check_specs=[complete_check(stream) for stream in STREAMS],
        pool=POOL,
    )
    def extract(
        context: dg.AssetExecutionContext, config: ExtractConfig, warehouse: Warehouse, progress: Progress
    ) -> Results:
        from pipelines.servicetitan.load import load

        result = load(
            settings,
            tenants=config.tenants or None,
            clock=lambda: datetime.now(UTC),
            on_progress=lambda line: progress.show(context.log, line),
            reconcile=config.reconcile,
        )
        for stream in STREAMS:
            yield from stream_results(stream, result)

    return extract


def stream_results(stream: Stream, result: "LoadResult") -> Results:
    key = ["servicetitan", stream.name]
    syncs = [sync for sync in result.streams if sync.stream == stream.name]
    errors = {sync.tenant_name: sync.error for sync in syncs if not sync.complete}
    yield dg.MaterializeResult(
        asset_key=key,
        metadata={
            "dagster/row_count": result.stored_rows.get(stream.name, 0),
            "rows": sum(sync.rows for sync in syncs),
            "pages": sum(sync.pages for sync in syncs),
            "tenants": len(syncs),
        },
    )
    yield dg.AssetCheckResult(asset_key=key, check_name="complete", passed=not errors, metadata={**errors})


def derive_assets(settings: Settings) -> dg.AssetsDefinition:
    parsed = manifest(settings)
    specs, checks = dbt_assets(parsed), dbt_checks(parsed)

    @dg.multi_asset(
        name="derive",
        specs=list(specs.values()),
        check_specs=list(checks.values()),
        pool=POOL,
        can_subset=True,
    )
    def derive(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Results:
        from pipelines.derive import derive

        for node in derive(settings, as_of=warehouse.clock()).nodes:
            if node.unique_id in specs:
                yield node_result(specs[node.unique_id], node)
            elif node.unique_id in checks:
                yield test_result(checks[node.unique_id], node)

    return derive
