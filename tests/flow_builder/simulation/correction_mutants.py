"""The rules of delivery.md section 2 on corrections, visits that move and runs that end, each broken at one place."""

from tests.flow_builder.simulation.product import Mutant

CORRECTIONS = (
    Mutant("what was told wrongly is corrected", "corrections", "told.told_state != outlook.state", "False"),
    Mutant("what was told rightly is not corrected", "corrections", "if not (differs or any(", "if not (True or any("),
    Mutant(
        "an inactive customer's state is not corrected",
        "corrections",
        "customer.is_active and told.told_state",
        "told.told_state",
    ),
    Mutant(
        "a run that must end is ended",
        "corrections",
        "any(not run.is_ended and started.why(run, others) for run in runs(others))",
        "False",
    ),
    Mutant(
        "what ends a run need not have arrived", "corrections", "any(not run.is_ended and", "any(not run.has_ended and"
    ),
    Mutant(
        "nobody corrects who was merged away",
        "corrections",
        "if told is None or customer.is_alias:",
        "if told is None:",
    ),
    Mutant(
        "each correction has its own id",
        "outlook",
        "{1 + sum(row.webhook_id.startswith(prefix) for row in rows)}",
        "{1}",
    ),
    Mutant("what died is not said again", "corrections", "in_vain = last.status == Status.DEAD or", "in_vain ="),
    Mutant("what a person canceled is not said again", "corrections", ' or ended == (Status.CANCELED, "operator")', ""),
    Mutant(
        "in shadow it is said once",
        "corrections",
        "return (in_vain or in_shadow) and is_same",
        "return in_vain and is_same",
    ),
    Mutant("after the shadow it is said", "corrections", "outlook.situation.is_shadow and ended", "ended"),
    Mutant(
        "it is said where the state is another",
        "corrections",
        "last.told_state == corrected.told_state and {*last.ends}",
        "{*last.ends}",
    ),
    Mutant("it is said where another run must end", "corrections", " and {*last.ends} == {*corrected.ends}", ""),
    Mutant(
        "it is said where something was told since",
        "corrections",
        "last.follows not in (None, corrected.follows)",
        "False",
    ),
    Mutant(
        "a visit is told to move where it was told",
        "corrections",
        "if not (facts and rows and is_told and",
        "if not (facts and rows and",
    ),
    Mutant(
        "nobody tells an inactive customer's visit",
        "corrections",
        "is_told and outlook.customer.is_active and",
        "is_told and",
    ),
    Mutant(
        "a past visit moves for nobody",
        "corrections",
        "outlook.customer.is_active and outlook.is_current(transition))",
        "outlook.customer.is_active)",
    ),
    Mutant(
        "a visit that was over is no news",
        "corrections",
        "rows[-1].appointment if rows[-1].was_ahead else None",
        "rows[-1].appointment",
    ),
    Mutant(
        "a visit that stays is no news",
        "corrections",
        "(visit and not is_off and named(visit) == told)",
        "(False and visit)",
    ),
    Mutant(
        "a visit called off is news",
        "corrections",
        "is_off = visit is None or not is_on(facts, visit)",
        "is_off = visit is None",
    ),
    Mutant(
        "only what is to come is news",
        "corrections",
        "if not any(start and start > now for start in",
        "if not any(start for start in",
    ),
    Mutant(
        "what comes in its place is news",
        "corrections",
        "lies_now = visit_ahead(facts, now) if is_off else visit",
        "lies_now = visit",
    ),
    Mutant(
        "what is off and has no other day says none",
        "corrections",
        "replace(row, appointment=None) if is_off and not row.was_ahead else row",
        "row",
    ),
    Mutant(
        "what was written in shadow told no visit",
        "corrections",
        'if outlook.situation.is_shadow or row.reason != "shadow"]',
        "]",
    ),
    Mutant(
        "in shadow a visit moves once",
        "corrections",
        'if outlook.situation.is_shadow or row.reason != "shadow"]',
        'if row.reason != "shadow"]',
    ),
    Mutant(
        "corrections are not sent in shadow",
        "writing",
        'reason="shadow") if outlook.situation.is_shadow else row',
        'reason="shadow") if False else row',
    ),
)
RUNS = (
    Mutant("a run ends with its customer", "runs", '            return "inactive"\n', "            pass\n"),
    Mutant("a run ends whose message was stopped", "runs", '            return "canceled"\n', "            pass\n"),
    Mutant("what was retracted is not stopped", "runs", ' and run.row.reason != "retracted":', ":"),
    Mutant(
        "a state's own reset ends no run",
        "customer",
        "ended = standing[:-1] if standing and standing[-1].is_reset else []",
        "ended = []",
    ),
    Mutant("another state ends it", "runs", "if stands_for is None:", "if stands_for is None and not self.standing:"),
    Mutant("another cause does not", "runs", " or self.instead(run, rows)", ""),
    Mutant("another cause is one that was told", "runs", '!= (Status.NOT_SENT, "replaced"):', "== 0:"),
    Mutant("another cause is in its place", "runs", "before and before.transition_id == run.transition_id", "True"),
    Mutant("do not service ends it", "suppression", 'ENDS_RUNS = ("do_not_service", ', "ENDS_RUNS = ("),
    Mutant(
        "do not mail ends it",
        "suppression",
        '"do_not_service", "do_not_mail", "marketing_opt_out", "converted")',
        '"do_not_service", "marketing_opt_out", "converted")',
    ),
    Mutant(
        "opting out ends it",
        "suppression",
        '"do_not_mail", "marketing_opt_out", "converted")',
        '"do_not_mail", "converted")',
    ),
    Mutant("a converted lead ends it", "suppression", '"marketing_opt_out", "converted")\n', '"marketing_opt_out")\n'),
    Mutant(
        "what is past ends none",
        "suppression",
        'ENDS_RUNS = ("do_not_service", ',
        'ENDS_RUNS = ("past", "do_not_service", ',
    ),
    Mutant(
        "only what was told runs",
        "runs",
        'row.kind == "changed" and row.is_told and row.flow_name',
        'row.kind == "changed" and row.flow_name',
    ),
    Mutant("only what starts a flow runs", "runs", "and row.is_told and row.flow_name and", "and row.is_told and"),
    Mutant(
        "what may not have arrived ends nothing",
        "runs",
        "any(row.status == Status.DELIVERED and self.transition_id in row.ends",
        "any(row.is_told and self.transition_id in row.ends",
    ),
)
CORRECTION_MUTANTS = (*CORRECTIONS, *RUNS)
