"""The rules of delivery.md section 2 on what is told, told again and kept true, each broken at one
place of the source."""

from tests.flow_builder.simulation.product import Mutant

TOO_OLD = "    return age > case.outlook.situation.max_age"
UNLESS_AHEAD = " and not case.outlook.is_booked_ahead(case.transition)"

STEPS = (
    Mutant(
        "what stands no longer is canceled",
        "policy",
        'self.rows[i] = replace(row, status=Status.CANCELED, reason="retracted")',
        "pass",
    ),
    Mutant(
        "only what is unfinished is canceled",
        "policy",
        "                if row.is_unfinished:\n",
        "                if 1:\n",
    ),
    Mutant("what was retracted is marked", "policy", "replace(row, was_retracted=True)", "row"),
    Mutant(
        "what comes back is as new",
        "policy",
        "elif transition.stands and all(row.is_back for row in known):",
        "elif False:",
    ),
    Mutant(
        "what was begun does not come back",
        "delivery",
        'and self.reason != "operator" and not self.begun',
        'and self.reason != "operator"',
    ),
    Mutant("what a person canceled does not come back", "delivery", 'self.reason != "operator" and', ""),
    Mutant("history is not told", "policy", "if transition.is_baseline:", "if False:"),
    Mutant(
        "only a current one is told again", "policy", "self.outlook.is_current(transition) and self.is_to", "self.is_to"
    ),
    Mutant(
        "only what was told is told again",
        "policy",
        "if waits or not any(row.is_told for row in rows):",
        "if waits or not rows:",
    ),
    Mutant("while it waits nothing is told again", "policy", "if waits or not any(", "if not any("),
    Mutant(
        "what came back later is told again",
        "policy",
        "            came_back_later(transition, rows[-1])\n            or ",
        "            ",
    ),
    Mutant(
        "what came back unchanged is not", "policy", "newest.was_retracted and is_later and", "newest.was_retracted and"
    ),
    Mutant("what was not retracted is not", "policy", "return newest.was_retracted and is_later", "return is_later"),
    Mutant("completions are not", "policy", " and not transition.is_completion", ""),
    Mutant("a visit that got a day is told again", "policy", "            or self.was_given_a_day(transition)\n", ""),
    Mutant("a visit without a day is not", "policy", "if not self.outlook.is_booked_ahead(transition):", "if False:"),
    Mutant(
        "a visit that had its day is not", "policy", "return bool(rows) and not rows[-1].was_ahead", "return bool(rows)"
    ),
    Mutant("what is a double no longer is told again", "policy", '(rows[-1].suppressed == "twice" and', "(False and"),
    Mutant("what waits is decided anew", "policy", "            if row.is_waiting:\n", "            if False:\n"),
    Mutant(
        "what was tried keeps its bytes",
        "delivery",
        "return self.is_unfinished and not self.begun",
        "return self.is_unfinished",
    ),
    Mutant("what was tried and starts no flow stays", "policy", "elif row.flow_name and (why", "elif (why"),
    Mutant("what was tried and is superseded stops", "policy", '"superseded": not outlook.is_current(transition),', ""),
    Mutant(
        "what was tried and is suppressed stops",
        "policy",
        "            **dict.fromkeys(outlook.suppressions(transition, earlier), True),\n",
        "",
    ),
    Mutant(
        "what was tried stops with its customer",
        "policy",
        '            "inactive": not outlook.customer.is_active,\n',
        "",
    ),
    Mutant("what was tried stops in shadow", "policy", '            "shadow": situation.is_shadow,\n', ""),
    Mutant(
        "what was tried stops with its visit",
        "policy",
        "bool(row.flow_until and row.flow_until <= situation.now)",
        "False",
    ),
    Mutant(
        "what was tried goes on where a person said so", "policy", "if holds and not row.is_overridden(why)", "if holds"
    ),
    Mutant("messages end runs", "policy", "replace(row, ends=self.ends(row, self.rows[:i]))", "replace(row, ends=())"),
    Mutant("a run that starts anew was ended", "policy", "return (*ending, row.transition_id) if", "return ending if"),
    Mutant(
        "a correction that waits is kept true",
        "policy",
        'if row.kind == "changed" or row.sequence',
        'if row.kind != "moved" or row.sequence',
    ),
    Mutant(
        "a moved visit that waits is kept true",
        "policy",
        'if row.kind == "changed" or row.sequence',
        'if row.kind != "corrected" or row.sequence',
    ),
    Mutant(
        "visits that move are told",
        "policy",
        "if row := moved(self.outlook, transition, self.rows, self.rows):",
        "if row := None:",
    ),
)
REASONS = (
    Mutant("what is gone is not sent", "reasons", "lambda case: not case.transition.stands", "lambda case: False"),
    Mutant(
        "what is reclassified is not sent",
        "reasons",
        "lambda case: case.transition.is_reclassified",
        "lambda case: False",
    ),
    Mutant(
        "what is reclassified may be told again",
        "reasons",
        'NOT_WHEN_TOLD_AGAIN = ("reclassified",)',
        "NOT_WHEN_TOLD_AGAIN = ()",
    ),
    Mutant(
        "in shadow nothing is sent", "reasons", "lambda case: case.outlook.situation.is_shadow", "lambda case: False"
    ),
    Mutant(
        "inactive customers are left alone",
        "reasons",
        "lambda case: not case.outlook.customer.is_active",
        "lambda case: False",
    ),
    Mutant(
        "an untold state without a flow is not told",
        "reasons",
        "case.transition.flow_name is None and case.told is None",
        "False",
    ),
    Mutant(
        "it is where something was told",
        "reasons",
        "case.transition.flow_name is None and case.told is None",
        "case.transition.flow_name is None",
    ),
    Mutant(
        "what has only changed its cause is not told again",
        "reasons",
        "return not (is_another and is_booking",
        "return False and (is_another and is_booking",
    ),
    Mutant("replaced is only what tells the same", "reasons", "told.told_state != transition.to_state or", ""),
    Mutant("replaced is only what is gone", "reasons", " or case.outlook.stands(told):", ":"),
    Mutant(
        "a booking on another job is never replaced",
        "reasons",
        "return not (is_another and is_booking(transition.to_state, transition.job_id))",
        "return True",
    ),
    Mutant("what comes late is not sent", "reasons", "any(row.is_told and row.transition_id in later", "any(False"),
    Mutant(
        "late is what was told before",
        "reasons",
        "any(row.is_told and row.transition_id in later",
        "any(row.transition_id in later",
    ),
    Mutant(
        "what is current is not late",
        "reasons",
        "later = set[str]() if case.outlook.is_current(case.transition) else",
        "later =",
    ),
    Mutant(
        "what is stale is not sent",
        "reasons",
        "transition.detected_at - case.transition.occurred_at\n    return age >",
        "transition.detected_at - case.transition.detected_at\n    return age >",
    ),
    Mutant(
        "a booking ahead is never stale",
        "reasons",
        f"transition.detected_at - case.transition.occurred_at\n{TOO_OLD}{UNLESS_AHEAD}",
        f"transition.detected_at - case.transition.occurred_at\n{TOO_OLD}",
    ),
    Mutant(
        "superseded is skipped where it should be",
        "reasons",
        "return case.outlook.situation.skip_superseded and",
        "return False and",
    ),
    Mutant(
        "superseded is sent where it should be",
        "reasons",
        "return case.outlook.situation.skip_superseded and",
        "return",
    ),
    Mutant(
        "what has become too old expires",
        "reasons",
        "situation.now - case.transition.occurred_at\n    return age >",
        "situation.now - case.outlook.situation.now\n    return age >",
    ),
    Mutant(
        "a booking ahead does not expire",
        "reasons",
        f"situation.now - case.transition.occurred_at\n{TOO_OLD}{UNLESS_AHEAD}",
        f"situation.now - case.transition.occurred_at\n{TOO_OLD}",
    ),
    Mutant(
        "reclassified comes before inactive",
        "reasons",
        "REASONS: Mapping[str, Callable[[Candidate], bool]] = {\n",
        "REASONS: Mapping[str, Callable[[Candidate], bool]] = {\n"
        '    "inactive": lambda case: not case.outlook.customer.is_active,\n',
    ),
    Mutant(
        "late comes before stale",
        "reasons",
        '    "late": is_late,\n    "stale": is_stale,\n',
        '    "stale": is_stale,\n    "late": is_late,\n',
    ),
    Mutant("a person overrides", "reasons", "if not row.is_overridden(name) and REASONS", "if REASONS"),
    Mutant(
        "nobody overrides that a customer is inactive",
        "delivery",
        'NEVER_OVERRIDDEN = ("inactive", "shadow")',
        'NEVER_OVERRIDDEN = ("shadow",)',
    ),
    Mutant("visits stand side by side", "customer", "SIDE_BY_SIDE = (2.0, 6.0)", "SIDE_BY_SIDE = (6.0,)"),
    Mutant("installs stand side by side", "customer", "SIDE_BY_SIDE = (2.0, 6.0)", "SIDE_BY_SIDE = (2.0,)"),
    Mutant(
        "nothing else does",
        "customer",
        "later.to_state not in SIDE_BY_SIDE or later.job_id is None",
        "later.job_id is None",
    ),
    Mutant(
        "told is what was said of this customer",
        "customer",
        "if row.is_told and row.key == customer.key)",
        "if row.is_told)",
    ),
)
TELLING_MUTANTS = (*STEPS, *REASONS)
