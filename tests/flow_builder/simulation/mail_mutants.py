"""The rules of delivery.md section 2 on which mails make sense, and when they are due, each broken at one place of the
source."""

from tests.flow_builder.simulation.product import Mutant

WORDS = (
    Mutant("what is past starts no flow", "suppression", '"past": is_past,', '"past": lambda case: False,'),
    Mutant("what has no job has no visit", "suppression", "case.facts.job_id is not None and", ""),
    Mutant("what is over starts no flow", "suppression", '"over": is_over,', '"over": lambda case: False,'),
    Mutant("over is after two weeks", "suppression", "TIDY_UP = timedelta(days=14)", "TIDY_UP = timedelta(days=1)"),
    Mutant(
        "over is what was visited and then canceled",
        "suppression",
        'if case.facts.to_state in CANCELED and any(visit.status == "Done" for visit in active):',
        "if False:",
    ),
    Mutant("what was done is not over for it", "suppression", "if case.facts.to_state in CANCELED and any(", "if any("),
    Mutant("a visit is told once", "suppression", '"twice": is_twice,', '"twice": lambda case: False,'),
    Mutant(
        "twice is within two hours", "suppression", "SAME_VISIT = timedelta(hours=2)", "SAME_VISIT = timedelta(hours=4)"
    ),
    Mutant(
        "twice is not only at once",
        "suppression",
        "SAME_VISIT = timedelta(hours=2)",
        "SAME_VISIT = timedelta(minutes=5)",
    ),
    Mutant(
        "twice is at one place",
        "suppression",
        "(other.to_state, other.location_id) != (2.0, case.facts.location_id)",
        "other.to_state != 2.0",
    ),
    Mutant(
        "who does not know the place knows of no second",
        "suppression",
        "visit.starts_at is None or case.facts.location_id is None:",
        "visit.starts_at is None:",
    ),
    Mutant("a job is no double of itself", "suppression", " or other.job_id == case.facts.job_id:", ":"),
    Mutant("a double was told", "suppression", "row.is_told and row.flow_name == case", "row.flow_name == case"),
    Mutant(
        "a double was told with the flow",
        "suppression",
        "row.is_told and row.flow_name == case.transition.flow_name",
        "row.is_told",
    ),
    Mutant("a double is not called off", "suppression", "if told and is_on(other, told) and", "if told and"),
    Mutant(
        "who was converted needs no follow-up",
        "suppression",
        '"converted": is_converted,',
        '"converted": lambda case: False,',
    ),
    Mutant(
        "who is not to be served gets no mail",
        "suppression",
        "lambda case: case.facts.is_do_not_service",
        "lambda case: False",
    ),
    Mutant(
        "who is not to be mailed gets no mail",
        "suppression",
        "lambda case: case.facts.is_do_not_mail",
        "lambda case: False",
    ),
    Mutant(
        "who opted out gets no marketing",
        "suppression",
        '"marketing_opt_out": is_opted_out,',
        '"marketing_opt_out": lambda case: False,',
    ),
    Mutant(
        "a silent reason starts no flow",
        "suppression",
        "lambda case: case.facts.is_cancel_reason_silent",
        "lambda case: False",
    ),
    Mutant(
        "a person may want no flow", "suppression", "lambda case: not case.facts.is_flow_wanted", "lambda case: False"
    ),
    Mutant(
        "companies are let alone where asked",
        "suppression",
        'lambda case: case.facts.customer_type == "Commercial"',
        "lambda case: False",
    ),
    Mutant(
        "without an address no mail",
        "suppression",
        '"no_address": has_no_address,',
        '"no_address": lambda case: False,',
    ),
    Mutant(
        "only listed words count",
        "suppression",
        'words = (case.facts.suppressed_by or "").split()',
        "words = [*REASONS]",
    ),
    Mutant(
        "the first word counts",
        "suppression",
        'words = (case.facts.suppressed_by or "").split()',
        'words = sorted((case.facts.suppressed_by or "").split())',
    ),
    Mutant(
        "what is superseded starts no flow",
        "writing",
        "is_superseded = not outlook.is_current(transition) and",
        "is_superseded = False and",
    ),
    Mutant(
        "what is superseded is suppressed by nothing",
        "writing",
        "reason in HAS_TEXT and not is_superseded",
        "reason in HAS_TEXT",
    ),
    Mutant(
        "what is suppressed starts no flow", "writing", "if asked and not suppressed else None", "if asked else None"
    ),
    Mutant(
        "a person overrides words",
        "writing",
        "(word for word in against if not row.is_overridden(word))",
        "(word for word in against)",
    ),
    Mutant("a person overrides that it is superseded", "writing", 'and not row.is_overridden("superseded")', ""),
)
VISITS = (
    Mutant("what is deleted is not on", "visits", "return visit.is_active and visit.status", "return visit.status"),
    Mutant(
        "what is canceled is not on",
        "visits",
        'visit.is_active and visit.status != "Canceled" and',
        "visit.is_active and",
    ),
    Mutant("nothing is on of a canceled job", "visits", ' and facts.job_status != "Canceled"\n', "\n"),
    Mutant("ahead is what has not ended", "visits", "visit.ends_at and visit.ends_at > now]", "visit.ends_at]"),
    Mutant(
        "what runs now is ahead",
        "visits",
        "visit.ends_at and visit.ends_at > now]",
        "visit.ends_at and visit.starts_at > now]",
    ),
    Mutant(
        "the earliest ahead is named",
        "visits",
        "return min(ahead, key=_by_start, default=None)",
        "return max(ahead, key=_by_start, default=None)",
    ),
    Mutant("without one the cause is", "visits", "return max(evidence or possible,", "return max(possible,"),
    Mutant("of a canceled job the latest is", "visits", '    if facts.job_status == "Canceled":\n', "    if False:\n"),
    Mutant(
        "a job has its visits",
        "visits",
        "return to_state in BOOKED and job_id is not None",
        "return job_id is not None",
    ),
)
TIMES = (
    Mutant(
        "flows wait until things have settled",
        "writing",
        "if row.flow_name and minutes and row.is_unfinished and not is_settled else None",
        "if False else None",
    ),
    Mutant("only flows wait", "writing", "return moment if row.flow_name and minutes", "return moment if minutes"),
    Mutant(
        "a sync must have read all",
        "writing",
        "is_settled = situation.whole_from is not None and situation.whole_from > moment",
        "is_settled = situation.now > moment",
    ),
    Mutant("what a sync read later has settled", "writing", " and not is_settled else None", " else None"),
    Mutant(
        "a flow starts before its visit is over",
        "writing",
        "flow_until=ahead_until if row.flow_name else None",
        "flow_until=None",
    ),
    Mutant(
        "what starts no flow may come later",
        "writing",
        "flow_until=ahead_until if row.flow_name else None",
        "flow_until=ahead_until",
    ),
    Mutant(
        "only bookings have a visit to wait for",
        "writing",
        "ahead.ends_at if ahead and does_not_age else None",
        "ahead.ends_at if ahead else None",
    ),
    Mutant("a booking ahead is not too old to send", "writing", "ahead_until=ahead_until,", "ahead_until=None,"),
)
MAIL_MUTANTS = (*WORDS, *VISITS, *TIMES)
