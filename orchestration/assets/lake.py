"""The analysts' copy of all shards: what this one adds to it."""

import dagster as dg

from orchestration.assets import specs as lineage
from orchestration.assets.checks import LAKE_CHECK
from orchestration.assets.specs import ANALYTICS, LAKE, POOL, Results, in_shard
from orchestration.resources import WarehouseResource
from pipelines.settings import Settings


def lakes(settings: Settings) -> list[dg.AssetsDefinition]:
    """None where no lake is set: nothing of it is loaded then."""
    return [lake(settings)] if settings.lake_catalog_url else []


def lake(settings: Settings) -> dg.AssetsDefinition:
    key = in_shard(settings.shard, LAKE)

    @dg.asset(
        key=key,
        deps=[in_shard(settings.shard, ANALYTICS)],
        group_name=lineage.PUBLISH,
        owners=lineage.OWNERS[lineage.PUBLISH],
        kinds={"ducklake", "postgres"},
        pool=settings.of_shard(POOL),
        output_required=False,
        check_specs=[LAKE_CHECK.spec(key)],
        description="The marts of this shard, in the lake of all shards; after a publication that failed, all of them"
        " anew. Published when the analysts' copy has changed.",
    )
    def publish(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> Results:  # noqa: ARG001 (to hold it)
        from pipelines.analytics.lake.run import LakeError, publish

        try:
            done = publish(settings)
        except LakeError as error:
            context.log.error(f"the lake was not published: {error}")
            yield LAKE_CHECK.result(key, {"because": str(error)})
            return
        if done:
            written = {"whole": done["is_full"], "rows_written": sum(done["rows"].values()), "views": done["views"]}
            yield dg.MaterializeResult(asset_key=key, metadata=written)
        yield LAKE_CHECK.result(key, {})

    return publish
