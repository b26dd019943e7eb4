"""Asset checks of our own, as data; dbt's tests come with its assets."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dagster as dg

from orchestration.assets.links import in_console
from orchestration.assets.specs import raw_key
from pipelines.links import Page
from pipelines.servicetitan.streams import STREAMS

if TYPE_CHECKING:
    from pipelines.flow_builder.outbox.queries import OutboxHealth
    from pipelines.servicetitan.load.schema_drift import Drift
    from pipelines.servicetitan.set_aside import SetAside
    from pipelines.servicetitan.sync import LoadResult
    from pipelines.settings import Settings

COMPLETE = "complete"
GOES_ON = "goes on with the next sync"
WHAT_TO_DO = "what to do"


@dataclass(frozen=True)
class Check:
    """`WHAT_TO_DO` stands in the metadata where it fails."""

    name: str
    description: str
    what_to_do: str
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR
    page: Page | None = None

    def spec(self, asset: dg.AssetKey) -> dg.AssetCheckSpec:
        return dg.AssetCheckSpec(self.name, asset=asset, description=self.description)

    def result(
        self, asset: dg.AssetKey, found: Mapping[str, Any], remarks: Mapping[str, Any] | None = None
    ) -> dg.AssetCheckResult:
        """Passed where nothing was found; remarks are no reason to fail."""
        return dg.AssetCheckResult(
            asset_key=asset,
            check_name=self.name,
            passed=not found,
            severity=self.severity,
            metadata={**(remarks or {}), **found, **({WHAT_TO_DO: self.what_to_do} if found else {})},
        )


COMPLETE_CHECK = Check(
    COMPLETE,
    "The last sync read this stream of every tenant to its end, or for as long as it may take (SYNC_SECONDS).",
    "grant the scope or mend the secret that is named, then run `servicetitan-flow check`",
)
REJECTED_CHECK = Check(
    "nothing_rejected",
    "No record is set aside because it cannot be read or breaks its stream's schema.",
    "servicetitan.rejected_records keeps the records with the reasons; saved once more in ServiceTitan they come again",
    dg.AssetCheckSeverity.WARN,
)
DRIFT_CHECK = Check(
    "no_drift",
    "ServiceTitan sent no field and no value of an enumeration that is not declared.",
    "nothing is lost (the column `record` has it); declare it in pipelines/servicetitan/streams.py",
    dg.AssetCheckSeverity.WARN,
)


def extract_checks(
    result: "LoadResult", drift: Sequence["Drift"], aside: Mapping[str, Sequence["SetAside"]], shard: str
) -> Iterator[dg.AssetCheckResult]:
    """In the metadata of `COMPLETE`: tenant -> what went wrong, and under `GOES_ON` the tenants that need more time.
    ``aside``: by tenant and stream."""
    for stream in STREAMS:
        syncs = [sync for sync in result.streams if sync.stream == stream.name]
        broken = {sync.tenant_name: sync.error for sync in syncs if not sync.complete and not sync.goes_on}
        going_on = ", ".join(sorted(sync.tenant_name for sync in syncs if sync.goes_on))
        yield COMPLETE_CHECK.result(raw_key(stream.name, shard), broken, {GOES_ON: going_on} if going_on else None)
    yield REJECTED_CHECK.result(raw_key("rejected_records", shard), dict(rejected(aside)))
    yield DRIFT_CHECK.result(raw_key("tenant_syncs", shard), {str(one): one.records for one in drift})


def rejected(aside: Mapping[str, Sequence["SetAside"]]) -> Iterator[tuple[str, Any]]:
    from pipelines.servicetitan.set_aside import named

    for place, records in aside.items():
        yield place, len(records)
        yield f"{place}: which", named(records)


def extract_check_specs(shard: str) -> list[dg.AssetCheckSpec]:
    return [
        *(COMPLETE_CHECK.spec(raw_key(stream.name, shard)) for stream in STREAMS),
        REJECTED_CHECK.spec(raw_key("rejected_records", shard)),
        DRIFT_CHECK.spec(raw_key("tenant_syncs", shard)),
    ]


OUTBOX_CHECKS = {
    "held": Check(
        "nothing_held",
        "No sync found so much to send that a person must look at it first (FLOW_BUILDER_HOLD_ABOVE).",
        "servicetitan-flow deliveries --status held; then release or cancel --batch BATCH --reason TEXT",
        page=Page.OVERVIEW,
    ),
    "dead": Check(
        "nothing_dead",
        "No delivery failed for good without a person's decision.",
        "servicetitan-flow deliveries --status dead; then replay ID… or cancel ID… --reason TEXT",
        page=Page.OVERVIEW,
    ),
    "overdue": Check(
        "nothing_overdue",
        "Nothing that is due waits for more than 15 minutes.",
        "see that the sensor deliver_sensor is on, and its ticks and the runs of deliver succeed",
        page=Page.OVERVIEW,
    ),
    "unknown": Check(
        "counts_add_up",
        "The outbox has a row for every transition that is no baseline.",
        "run `servicetitan-flow sync`; if it stays, put the back-up of operations.sqlite in place",
    ),
}
SHARDS_CHECK = Check(
    "tenants_are_of_one_shard",
    "No tenant of this shard is told by another shard of the same database.",
    "nothing of it leaves from here: take its group out of this one's environment, or disconnect it; where the other"
    " shard is gone for good, drop its schema",
)
ENDPOINT_CHECK = Check(
    "endpoint_answers",
    "Flow Builder's endpoint is not down: it answers, and takes what it is sent.",
    "nothing is lost: what is due waits, and is sent in order once a probe (every 30 s to 5 minutes) gets through."
    " See that Flow Builder runs; where it answers 401 or 403, compare FLOW_BUILDER_TOKEN and"
    " FLOW_BUILDER_SIGNING_SECRETS with its, and FLOW_BUILDER_TRIGGER_URL where it answers 3xx, 404, 405 or 410;"
    " `servicetitan-flow test-send` tries them",
    page=Page.OVERVIEW,
)


LAKE_CHECK = Check(
    "lake_published",
    "The lake has what the analysts' copy has.",
    "nothing else waits for it, and the next sync publishes everything; see that its PostgreSQL and its object store"
    " run and take the credentials of LAKE_…: `servicetitan-flow check` tries them",
)
LEADS_CHECK = Check(
    "no_lead_waits_for_a_person",
    "Every lead that was taken in has found its customer.",
    "`servicetitan-flow leads list` says why; `leads choose|create|retry|discard ID --reason TEXT` decides",
    dg.AssetCheckSeverity.WARN,
    Page.LEADS,
)


def outbox_check_specs(asset: dg.AssetKey, settings: "Settings") -> list[dg.AssetCheckSpec]:
    shards = [SHARDS_CHECK] if settings.operations_url else []
    return [check.spec(asset) for check in (*OUTBOX_CHECKS.values(), *shards)]


def outbox_checks(
    asset: dg.AssetKey, health: "OutboxHealth", unknown: int, elsewhere: Mapping[int, str], settings: "Settings"
) -> Iterator[dg.AssetCheckResult]:
    """``elsewhere``: by tenant, in which schema its shard is."""
    found = {"held": health.held, "dead": health.dead, "overdue": health.overdue, "unknown": unknown}
    for name, check in OUTBOX_CHECKS.items():
        remarks = in_console(settings, check.page)
        yield check.result(asset, {"deliveries": found[name]} if found[name] else {}, remarks)
    if settings.operations_url:
        yield SHARDS_CHECK.result(asset, {f"tenant {one}": f"in {schema}" for one, schema in elsewhere.items()})


def endpoint_check(asset: dg.AssetKey, health: "OutboxHealth", settings: "Settings") -> dg.AssetCheckResult:
    endpoint = health.endpoint
    found = {
        "down since": str(endpoint.down_since),
        "because": str(endpoint.because),
        "next probe": str(endpoint.next_probe_at),
    }
    return ENDPOINT_CHECK.result(asset, found if endpoint.down_since else {}, in_console(settings, ENDPOINT_CHECK.page))
