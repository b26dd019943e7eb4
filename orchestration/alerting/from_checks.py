"""Failed asset checks. What a stream's `COMPLETE` found is told by tenant, for one secret fails every stream."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg

from orchestration.alerting.from_outbox import TOLD_HERE
from orchestration.assets.checks import COMPLETE, COMPLETE_CHECK, DRIFT_CHECK, GOES_ON, WHAT_TO_DO
from orchestration.assets.specs import STREAMS_BY_NAME
from pipelines.alerts.alert import Alert

if TYPE_CHECKING:
    from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluation
    from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecord

# What a tenant's records are like, from the first sync on: nothing has happened, and `servicetitan-flow check` says it.
NO_TROUBLE = {DRIFT_CHECK.name, "job_types_that_no_rule_knows", "events_without_a_date"}
SERVER_WORDS = re.compile(r" \(.*\)")  # what ServiceTitan answered may quote what was asked
Descriptions = Mapping[dg.AssetCheckKey, str | None]


def check_alerts(instance: dg.DagsterInstance, checks: Descriptions) -> Iterator[tuple[str, Alert]]:
    """Of every check whose last evaluation failed, and that is about trouble."""
    failed = [record for record in last_evaluations(instance, checks) if not evaluation(record).passed]
    yield from tenant_alerts([record for record in failed if record.key.name == COMPLETE])
    for record in failed:
        if record.key.name not in {COMPLETE, *TOLD_HERE, *NO_TROUBLE}:
            yield (
                f"check {record.key.asset_key.to_user_string()} {record.key.name}",
                check_alert(record, checks[record.key]),
            )


def last_evaluations(
    instance: dg.DagsterInstance, keys: Collection[dg.AssetCheckKey]
) -> Iterator["AssetCheckExecutionRecord"]:
    """A run that is planned, or that had no news for a check, leaves the evaluation before as the last one."""
    from dagster._core.storage.asset_check_execution_record import COMPLETED_ASSET_CHECK_EXECUTION_RECORD_STATUSES

    events, completed = instance.event_log_storage, COMPLETED_ASSET_CHECK_EXECUTION_RECORD_STATUSES
    for key, record in events.get_latest_asset_check_execution_by_key([*keys]).items():
        if record.status in completed:
            yield record
        else:
            yield from events.get_asset_check_execution_history(key, limit=1, status=completed)


def evaluation(record: "AssetCheckExecutionRecord") -> "AssetCheckEvaluation":
    assert record.evaluation
    return record.evaluation


def check_alert(record: "AssetCheckExecutionRecord", description: str | None) -> Alert:
    """Its metadata as far as they are numbers: a text may quote a record."""
    look = f"see the check in Dagster, which demands: {description}" if description else "see the check in Dagster"
    found = evaluation(record)
    kind = "warning" if found.severity == dg.AssetCheckSeverity.WARN else "error"
    values = {name: one.value for name, one in found.metadata.items()}
    numbers = ", ".join(f"{name}: {value}" for name, value in values.items() if isinstance(value, int | float))
    what = f"{record.key.asset_key.to_user_string()}: the check {record.key.name} fails ({kind})"
    return alert(record, f"{what}: {numbers}" if numbers else what, str(values.get(WHAT_TO_DO, look)))


def tenant_alerts(failed: Sequence["AssetCheckExecutionRecord"]) -> Iterator[tuple[str, Alert]]:
    """One per tenant and missing scope, and one per tenant for all that is unread for another reason."""
    found = defaultdict(list)
    for record in failed:
        stream = STREAMS_BY_NAME[record.key.asset_key.path[-1]]
        for tenant, error in evaluation(record).metadata.items():
            if tenant not in (WHAT_TO_DO, GOES_ON):
                words = SERVER_WORDS.sub("", str(error.value))
                scope = stream.scope if f"needs the scope {stream.scope} " in words else ""
                found[tenant, scope].append((stream.name, words, record))
    for (tenant, scope), unread in found.items():
        names, (_, words, record) = ", ".join(sorted(name for name, *_ in unread)), unread[0]
        what = (
            f"the app needs the scope {scope}, to read {names}" if scope else f"{names}: not read to the end; {words}"
        )
        yield f"unread {tenant} {scope}".strip(), alert(record, f"{tenant}: {what}", COMPLETE_CHECK.what_to_do)


def alert(record: "AssetCheckExecutionRecord", what: str, what_to_do: str) -> Alert:
    since = record.event.timestamp if record.event else record.create_timestamp
    return Alert(what, datetime.fromtimestamp(since, UTC), what_to_do, record.run_id)
