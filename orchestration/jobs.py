"""The operator's decisions on deliveries, as jobs: the same as on the command line, for those who live in the UI."""

from datetime import UTC, datetime
from typing import Any

import dagster as dg

from orchestration.assets.links import in_console
from orchestration.selection import WrongSelection, check_selection, selection
from pipelines.flow_builder.outbox.operators import (
    ACTIONS,
    Action,
    Decided,
    SetChanged,
    decide,
    decide_selected,
    digest,
)
from pipelines.links import Page
from pipelines.settings import Settings


class DecisionConfig(dg.Config):
    """``ids``: webhook-ids; or a ``batch``; or of a ``tenant`` what has a ``status``, and perhaps told a ``state``.
    ``reason`` and ``by`` are kept. ``anyway`` overrides what stands against a replay.

    A dry run says what would be done, and does nothing. Of more than the ids named it says the ``counted`` that does
    just these."""

    ids: list[str] = []
    batch: str | None = None
    tenant: str | None = None
    status: str | None = None
    state: float | None = None
    counted: str | None = None
    reason: str
    by: str
    anyway: bool = False
    dry_run: bool = True

    @property
    def selection(self) -> tuple[str | None, str | None, str | None, float | None]:
        return self.batch, self.tenant, self.status, self.state


def decision_jobs(settings: Settings) -> list[dg.JobDefinition]:
    return [decision_job(settings, action) for action in ACTIONS]


def decision_job(settings: Settings, action: Action) -> dg.JobDefinition:
    @dg.op(name=f"{action}_deliveries")
    def decide_on_deliveries(context: dg.OpExecutionContext, config: DecisionConfig) -> None:
        decided = decided_by(settings, action, config)
        context.add_output_metadata({"deliveries": len(decided), **in_console(settings, Page.DECISIONS)})
        done = f"would be {ACTIONS[action].noun}" if config.dry_run else ACTIONS[action].noun
        for one in decided:
            context.log.info(f"{one.webhook_id}: {one.refused or done}")
        if config.dry_run and not config.ids:
            counted = digest([one.webhook_id for one in decided])
            context.log.info(f"{len(decided)} deliveries; to do just these, set dry_run: false, counted: {counted!r}")
        if refused := [one for one in decided if one.refused]:
            raise dg.Failure(f"{len(refused)} of {len(decided)} refused: {refused[0].webhook_id}: {refused[0].refused}")

    @dg.job(
        name=settings.of_shard(action),
        description=f"Deliveries that are to be {ACTIONS[action].noun}; a dry run unless told otherwise.",
    )
    def job() -> None:
        decide_on_deliveries()

    return job


def decided_by(settings: Settings, action: Action, config: DecisionConfig) -> list[Decided]:
    asked: dict[str, Any] = {
        "reason": config.reason,
        "by": config.by,
        "now": datetime.now(UTC),
        "dry_run": config.dry_run,
        "anyway": config.anyway,
    }
    try:
        check_selection(action, config.ids, *config.selection)
        if config.ids:
            return decide(settings, action, config.ids, **asked)
        if not (config.counted or config.dry_run):
            raise dg.Failure("a dry run first: it says how many, and the `counted` that does just these")
        return decide_selected(
            settings, action, selection(settings, *config.selection), counted=config.counted, **asked
        )
    except (WrongSelection, SetChanged) as error:
        raise dg.Failure(str(error)) from None
