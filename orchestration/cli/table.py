"""Rows for a person at a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

import click


def print_table(rows: Sequence[Mapping[str, Any]], none: str = "nothing") -> None:
    """Columns as wide as their widest value, so that nothing is cut and everything can be piped."""
    if not rows:
        click.echo(none)
        return
    lines = [list(rows[0]), *([("" if value is None else str(value)) for value in row.values()] for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        click.echo("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())
