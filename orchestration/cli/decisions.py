"""`servicetitan-flow replay|release|cancel`: a person's decisions on deliveries."""

import getpass
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from pipelines.flow_builder.statuses import Status
from pipelines.settings import Settings, load_settings

if TYPE_CHECKING:
    from pipelines.flow_builder.outbox.operators import Action, Decided, Selection

Decide = Callable[..., "list[Decided]"]
NOBODY = "nobody is there to be asked (no terminal); --yes does it without"


def decision(action: "Action", words: str) -> click.Command:
    @click.command(action, help=words)
    @click.argument("ids", nargs=-1, metavar="[ID…]")
    @click.option("--batch", metavar="BATCH", help="What is or was held together.")
    @click.option("--tenant", metavar="NAME", help="With --status: all of this tenant's that have it.")
    @click.option("--status", type=click.Choice([status.value for status in Status]))
    @click.option("--state", type=float, metavar="N", help="Only those that told this state.")
    @click.option("--reason", required=True, metavar="TEXT", help="Kept with the decision.")
    @click.option("--anyway", is_flag=True, hidden=action != "replay", help="Override the reasons against it.")
    @click.option("--yes", is_flag=True, help="Do not ask.")
    @click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
    def command(
        ids: Sequence[str],
        batch: str | None,
        tenant: str | None,
        status: str | None,
        state: float | None,
        reason: str,
        anyway: bool,
        yes: bool,
        dry_run: bool,
    ) -> None:
        from orchestration.selection import WrongSelection, check_selection, selection
        from pipelines.flow_builder.outbox.operators import ACTIONS, decide

        try:
            check_selection(action, ids, batch, tenant, status, state)
        except WrongSelection as error:
            raise click.UsageError(str(error)) from None
        settings, noun = load_settings(), ACTIONS[action].noun
        asked = {"reason": reason, "by": getpass.getuser(), "anyway": anyway}
        if ids:
            decided = kept(partial(decide, settings, action, ids), asked, dry_run)
            for one in decided:
                click.echo(f"{one.webhook_id}: {one.refused or ('would be ' * dry_run + noun)}")
        else:
            chosen = selection(settings, batch, tenant, status, state)
            decided = decide_on_set(settings, action, chosen, asked, yes=yes, dry_run=dry_run)
        if any(one.refused for one in decided):
            raise SystemExit(1)

    return command


def kept(decide: Decide, asked: dict[str, object], dry_run: bool) -> "list[Decided]":
    try:
        return decide(**asked, now=datetime.now(UTC), dry_run=dry_run)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--reason") from None


def decide_on_set(
    settings: Settings, action: "Action", chosen: "Selection", asked: dict[str, object], *, yes: bool, dry_run: bool
) -> "list[Decided]":
    """Those that were counted, or none: then it counts and asks anew."""
    from pipelines.flow_builder.outbox.operators import ACTIONS, SetChanged, decide_selected, digest

    decide, noun = partial(decide_selected, settings, action, chosen), ACTIONS[action].noun
    while True:
        found = kept(partial(decide, counted=None), asked, True)
        if not found:
            raise click.ClickException(f"no such delivery can be {noun}")
        say(found, f"would be {noun}")
        if dry_run:
            return found
        if not yes:
            ask(f"{action} these {len(found)}?")
        try:
            counted = digest([one.webhook_id for one in found])
            decided = kept(partial(decide, counted=counted), asked, False)
        except SetChanged as changed:
            click.echo(str(changed))
            continue
        say(decided, noun)
        return decided


def ask(question: str) -> None:
    if not sys.stdin.isatty():
        raise click.ClickException(NOBODY)
    click.confirm(question, abort=True)


def say(decided: "Sequence[Decided]", noun: str) -> None:
    """How many, and of those that are refused why."""
    refused = Counter(one.refused for one in decided if one.refused)
    click.echo(f"{len(decided) - refused.total()} of {len(decided)} deliveries: {noun}")
    for why, count in refused.most_common():
        click.echo(f"{count} of {len(decided)} deliveries: refused: {why}")


DECISIONS = [
    decision("replay", "Send again what is dead, was not sent, or was delivered."),
    decision("release", "Let go what is held."),
    decision("cancel", "Do not send what is still to be sent; accept what is dead."),
]
