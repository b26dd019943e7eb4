"""`servicetitan-flow backup` and `restore`."""

from datetime import UTC, datetime
from pathlib import Path

import click
from filelock import FileLock, Timeout

from orchestration.locks import AnotherSyncIsRunning, exclusive
from pipelines.settings import load_settings

OTHER_KEY = (
    "Its secrets are encrypted under the SECRETS_KEY with the fingerprint {was}, and here it is {now}: put that one"
    " back, or connect the tenants anew that `servicetitan-flow check` names."
)
FOLDER = click.argument("folder", type=click.Path(path_type=Path))


@click.command()
@FOLDER
@click.option("--wait", default=60.0, show_default=True, metavar="SECONDS", help="For a sync that is running.")
def backup(folder: Path, wait: float) -> None:
    """Copy what cannot be derived again into a new FOLDER, while everything else goes on.

    The copy holds contact data: keep it as you keep the data.
    """
    from pipelines.operations.backup import BackupError, back_up

    settings = load_settings()
    try:
        with exclusive(settings, wait):
            made = back_up(settings, folder.absolute(), datetime.now(UTC))
    except (AnotherSyncIsRunning, BackupError) as error:
        raise click.ClickException(str(error)) from None
    sizes = ", ".join(f"{name} {copied.bytes:,} bytes" for name, copied in made.files.items())
    click.echo(f"backup: {folder}: {sizes}")
    if not isinstance(settings.operations, Path):
        click.echo(
            f"The warehouse alone: what is in {settings.operations} is backed up there, with pg_dump or by its host."
        )
    if made.secrets_key:
        click.echo(
            f"Its secrets are encrypted under the SECRETS_KEY with the fingerprint {made.secrets_key}, which is not in"
            " it: keep that key elsewhere."
        )


@click.command()
@FOLDER
@click.option("--replace", is_flag=True, help="Move the files that are there aside; they are kept.")
def restore(folder: Path, replace: bool) -> None:
    """Put the back-up in FOLDER in place, while nothing runs.

    What was on its way, and what happened between back-up and restore, is held until a person releases it.
    """
    from orchestration.instance.home import dagster_home
    from pipelines.actions.inbound_leads.restored import reopen_leads
    from pipelines.console.sessions import end_all
    from pipelines.flow_builder.outbox.restored import hold_all
    from pipelines.operations import open_operations
    from pipelines.operations.backup import BackupError
    from pipelines.operations.restore import restore

    settings, rooms = load_settings(), {"deliveries": hold_all, "leads": reopen_leads}
    running = FileLock(dagster_home(settings) / "up.lock")
    try:
        with running.acquire(timeout=0), exclusive(settings, wait_seconds=0):
            done = restore(settings, folder.absolute(), datetime.now(UTC), rooms, replace)
    except Timeout:
        raise click.ClickException("servicetitan-flow is up: end it, then run this again") from None
    except (AnotherSyncIsRunning, BackupError) as error:
        raise click.ClickException(str(error)) from None
    with open_operations(settings.operations) as con:
        end_all(con)
    for path in done.aside:
        click.echo(f"moved aside: {path}")
    waiting = " and ".join(f"{count} {what}" for what, count in done.waiting.items())
    click.echo(f"restore: as of {done.made_at}; {waiting} wait for a person")
    known = settings.key_fingerprints
    if done.secrets_key and done.secrets_key not in known:
        click.echo(OTHER_KEY.format(was=done.secrets_key, now=", ".join(known) or "not set"))
    click.echo(
        "The next sync holds what happened before now and is news to this outbox: it may have been sent since the\n"
        "back-up. Run `servicetitan-flow sync`, compare `servicetitan-flow deliveries --status held` with what Flow\n"
        "Builder received, then `cancel ID… --reason TEXT` what it has, and `release ID… --reason TEXT` the rest."
    )
