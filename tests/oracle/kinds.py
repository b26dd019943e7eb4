"""Which jobs are sales jobs, which are installs."""

import re
from decimal import Decimal

from tests.oracle.records import Records, Row
from tests.oracle.rules import Rule, TenantRules

NAMED = {"job_type_name": ("job_types", "job_type_id"), "business_unit_name": ("business_units", "business_unit_id")}
LINKS = {"recall_for_id", "warranty_id", "created_from_estimate_id"}

Names = dict[str, dict[int, str | None]]  # by stream


def kind_rules(records: Records, rules: TenantRules) -> dict[int, Rule]:
    """Job -> the rule that took it."""
    names = {stream: {each["id"]: each.get("name") for each in records[stream]} for stream, _ in NAMED.values()}
    return {row["id"]: _rule(row, names, rules) for row in records["jobs"]}


def has_estimates(rule: Rule, subtotal: Decimal | None) -> bool:
    """Whether an estimate counts that is written on a job which this rule took."""
    if rule["job_kind"] != "other":
        return True
    least = rule.get("estimates_from")
    return bool(least) and subtotal is not None and subtotal >= Decimal(str(least))


def _rule(job: Row, names: Names, rules: TenantRules) -> Rule:
    taking = (rule for rule in rules.job_kinds if _matches(job, rule["match_field"], rule["pattern"], names))
    return next(taking, {"job_kind": "other"})


def _matches(job: Row, match_field: str, pattern: str, names: Names) -> bool:
    if match_field in NAMED:
        stream, reference = NAMED[match_field]
        name = names[stream].get(job.get(reference))  # type: ignore[arg-type]
        return name is not None and re.search(pattern, name, re.IGNORECASE) is not None
    value = job.get(match_field)
    if match_field == "no_charge":
        return pattern == ("true" if value else "false")
    if match_field in LINKS:
        return bool(value) and pattern in ("*", str(value))
    return pattern in ("", str(value))
