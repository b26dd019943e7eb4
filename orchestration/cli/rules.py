"""`servicetitan-flow rules`: the rules in force, and where each comes from."""

import json
import re
import textwrap
from collections.abc import Iterable, Iterator

import click

from orchestration.cli.table import print_table
from pipelines.rules.files import Row, RulesError, read_rules
from pipelines.rules.in_force import Rule, in_force
from pipelines.rules.seeds import CUSTOMER_STATES, SEEDS, STATE_TRANSITION_RULES, Seed
from pipelines.settings import load_settings

PATTERN_WIDTH, REASONS_WIDTH = 26, 50  # so that a line with it fits a terminal
OF_FLOWS = ("settle_minutes", "suppressed_by")
HEADINGS = {"tenant_id": "tenant", "match_field": "field", "job_kind": "kind", "starts_flow": "starts"} | {
    "priority": "prio",
    "estimates_from": "from $",
    "reset_after_days": "days",
    "state_name": "name",
    "flow_name": "flow",
    "settle_minutes": "settle",
}
Lines = list[dict[str, str]]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def rules(as_json: bool) -> None:
    """The rules in force, and where each comes from: shipped, or a file of RULES_DIR and its row.

    Exit status 1 if a file there is wrong.
    """
    folder = load_settings().rules
    try:
        own = read_rules(folder)
    except RulesError as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        found = {seed.name: [{**rule.cells, "from": rule.origin} for rule in in_force(seed, own)] for seed in SEEDS}
        click.echo(json.dumps(found, indent=2))
        return
    click.echo(f"Shipped rules, and those of {folder} ({len(own)} {'row' if len(own) == 1 else 'rows'})")
    for seed in SEEDS:
        click.echo(f"\n{seed.name}")
        print_table(lines_of(seed, own))
    click.echo("\nof customer_states, when a flow starts later, or not")
    print_table(list(of_flows(in_force(CUSTOMER_STATES, own))))


def lines_of(seed: Seed, own: Iterable[Row]) -> Lines:
    found = in_force(seed, own)
    if seed is STATE_TRANSITION_RULES:
        return by_state(found)
    filled = [name for name in found[0].cells if name not in OF_FLOWS and any(rule.cells[name] for rule in found)]
    return [line for rule in found for line in folded(rule, filled)]


def by_state(found: Iterable[Rule]) -> Lines:
    """A line per state, rule and origin: as a matrix it would be wider than a terminal."""
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for rule in found:
        cells = rule.cells
        grouped.setdefault((cells["from_state"], cells["rule"], rule.origin), []).append(cells["to_state"])
    return [
        {"from": start, "rule": rule, "to": " ".join(ends), "where from": short(origin)}
        for (start, rule, origin), ends in grouped.items()
    ]


def of_flows(found: Iterable[Rule]) -> Iterator[dict[str, str]]:
    """The reasons go on below themselves."""
    for rule in found:
        first, *others = textwrap.wrap(rule.cells["suppressed_by"], REASONS_WIDTH) or [""]
        names = ("tenant_id", "state", "settle_minutes")
        cells = {HEADINGS.get(name, name): rule.cells[name] for name in names}
        yield cells | {"suppressed_by": first}
        yield from (dict.fromkeys(cells, "") | {"suppressed_by": other} for other in others)


def folded(rule: Rule, filled: Iterable[str]) -> Iterator[dict[str, str]]:
    """A long pattern goes on below itself."""
    cells = {HEADINGS.get(name, name): rule.cells[name] for name in filled} | {"where from": short(rule.origin)}
    first, *others = pieces(cells.get("pattern", ""))
    yield cells | ({"pattern": first} if "pattern" in cells else {})
    for piece in others:
        yield dict.fromkeys(cells, "") | {"pattern": piece}


def pieces(pattern: str) -> list[str]:
    """Cut behind a bar where there is one."""
    return re.findall(rf".{{1,{PATTERN_WIDTH}}}(?<=\|)|.{{1,{PATTERN_WIDTH}}}", pattern, re.DOTALL) or [""]


def short(origin: str) -> str:
    """The file's name stands above."""
    return origin.partition(", ")[2] or origin
