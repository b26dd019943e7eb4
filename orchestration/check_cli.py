"""`servicetitan-flow check`: what works, what is missing, and which jobs count as what."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from orchestration.tables import print_table
from pipelines.settings import load_settings

KINDS = """
    select tenant_name, job_kind, match_field, pattern, job_type_name, jobs_last_90_days
    from marts.job_kinds order by tenant_name, job_kind, priority, job_type_name
"""


@click.command()
def check() -> None:
    """Per tenant: the token, one record of every stream, and which rule took which jobs.

    Exit status 1 if anything does not work.
    """
    from pipelines.servicetitan.access import check_access

    settings = load_settings()
    answers = list(check_access(settings))
    print_table(
        [
            {
                "tenant": answer.tenant_name,
                "stream": answer.stream or "token",
                "works": "no" if answer.problem else "yes",
                "missing scope": answer.missing_scope,
                "problem": answer.problem,
            }
            for answer in answers
        ]
    )
    click.echo("\nWhich jobs of the last 90 days count as what (dbt_project/seeds/job_kind_rules.csv)")
    print_table(list(job_kinds(settings.analytics)), none="not known before the first sync")
    if any(answer.problem for answer in answers):
        raise SystemExit(1)


def job_kinds(analytics: Path) -> Iterator[dict[str, Any]]:
    from pipelines.customer import published

    if not analytics.exists():
        return
    with published(analytics) as con:
        result = con.execute(KINDS)
        names = [column[0] for column in result.description or ()]
        yield from (dict(zip(names, row, strict=True)) for row in result.fetchall())
