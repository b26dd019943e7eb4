"""The operator's decisions on deliveries, as jobs: the same as on the command line, for those who live in the UI."""

from datetime import UTC, datetime

import dagster as dg

from pipelines.flow_builder.outbox.operators import ACTIONS, Action, decide
from pipelines.settings import Settings


class DecisionConfig(dg.Config):
    """``ids``: webhook-ids. ``reason`` and ``by`` are kept. A dry run says what would be done, and does nothing."""

    ids: list[str]
    reason: str
    by: str
    dry_run: bool = True


def decision_jobs(settings: Settings) -> list[dg.JobDefinition]:
    return [decision_job(settings, action) for action in ACTIONS]


def decision_job(settings: Settings, action: Action) -> dg.JobDefinition:
    @dg.op(name=f"{action}_deliveries")
    def decide_on_deliveries(context: dg.OpExecutionContext, config: DecisionConfig) -> None:
        decided = decide(
            settings.operations,
            action,
            config.ids,
            reason=config.reason,
            by=config.by,
            now=datetime.now(UTC),
            dry_run=config.dry_run,
        )
        done = f"would be {ACTIONS[action].noun}" if config.dry_run else ACTIONS[action].noun
        for one in decided:
            context.log.info(f"{one.webhook_id}: {one.refused or done}")
        if refused := [one for one in decided if one.refused]:
            raise dg.Failure(f"{len(refused)} of {len(decided)} refused: {refused[0].webhook_id}: {refused[0].refused}")

    @dg.job(
        name=action, description=f"Deliveries that are to be {ACTIONS[action].noun}; a dry run unless told otherwise."
    )
    def job() -> None:
        decide_on_deliveries()

    return job
