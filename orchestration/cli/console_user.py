"""`servicetitan-flow console-user`: an entry of CONSOLE_USERS for somebody who is to sign in to the console."""

import sys
from collections.abc import Sequence

import click

SHORTEST = 12  # characters: nobody but this product limits how often it may be guessed


@click.command("console-user")
@click.argument("name")
@click.option("--role", type=click.Choice(["viewer", "operator"]), default="viewer", show_default=True)
@click.option("--tenant", "tenants", multiple=True, metavar="NAME", help="Only this tenant; may be given again.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input, and do not ask.")
def console_user(name: str, role: str, tenants: Sequence[str], password_stdin: bool) -> None:
    """Ask for a password, and print the entry for CONSOLE_USERS, comma-separated from others.

    A viewer sees; an operator also acts. The password is kept nowhere.
    """
    from argon2 import PasswordHasher

    from pipelines.settings.console_user import parsed

    entry = ":".join([name, "+".join([role, *tenants]), PasswordHasher().hash(password(password_stdin))])
    try:
        parsed(entry)
    except ValueError:
        raise click.BadParameter(
            f"found {name!r} and {', '.join(tenants) or 'no tenant'}; expected names without blanks, commas, colons"
            " and +"
        ) from None
    click.echo(entry)


def password(from_stdin: bool) -> str:
    if from_stdin:
        given = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        given = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        raise click.UsageError("nobody is there to be asked (no terminal): --password-stdin reads it")
    if len(given) < SHORTEST:
        raise click.UsageError(f"this password has {len(given)} characters; expected {SHORTEST} at least")
    return str(given)
