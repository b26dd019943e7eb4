"""Rules of delivery.md, each broken at one place of the source: the simulation must notice every one."""

from tests.flow_builder.simulation.product import Mutant

MUTANTS = (
    Mutant("history is not sent", "enqueue", "entries.add_past(log.past(), self.now)", "pass"),
    Mutant("what is gone is not sent", "decision", "lambda case: not case.transition.stands", "lambda case: False"),
    Mutant(
        "inactive customers are left alone",
        "decision",
        "lambda case: not case.customer.is_active",
        "lambda case: False",
    ),
    Mutant(
        "an untold state without a flow is not told", "decision", "case.told is None and case.tr", "False and case.tr"
    ),
    Mutant("what has only changed its cause is not told again", "decision", "and not case.told.stands", "and False"),
    Mutant("replaced is only what tells the same", "decision", "case.told.state == case.transition.to_state", "True"),
    Mutant("what comes late is not sent", "decision", "lambda case: case.is_late", "lambda case: False"),
    Mutant("late is what a standing one precedes", "decision", "if t.told and t.stands)", "if t.stands)"),
    Mutant(
        "what is stale is not sent",
        "decision",
        "detected_at - case.transition.occurred_at > case.max_age",
        "detected_at != case.transition.detected_at",
    ),
    Mutant(
        "superseded is skipped where it should be", "decision", "case.is_superseded and case.skip_superseded", "False"
    ),
    Mutant(
        "superseded is sent where it should be",
        "decision",
        "case.is_superseded and case.skip_superseded",
        "case.is_superseded",
    ),
    Mutant("what is superseded starts no flow", "decision", "or self.superseded or", "or"),
    Mutant(
        "the first reason that holds is taken",
        "decision",
        '    ("late", lambda case: case.is_late),\n    ("stale", is_stale),',
        '    ("stale", is_stale),\n    ("late", lambda case: case.is_late),',
    ),
    Mutant("what was told wrongly is corrected", "decision", "told.state != customer.state", "False"),
    Mutant("what was told rightly is not corrected", "decision", "and told.state != customer.state", ""),
    Mutant("inactive customers are not corrected", "decision", "if told and customer.is_active and", "if told and"),
    Mutant(
        "what this sync sends counts as told",
        "decision",
        "told = Told(transition.to_state, transition.transition_id, stands=True)",
        "pass",
    ),
    Mutant("dead told nothing", "entries", "'held', 'delivered')", "'held', 'delivered', 'dead')"),
    Mutant("held counts as told", "entries", "'retry', 'held', 'delivered')", "'retry', 'delivered')"),
    Mutant(
        "canceled after an attempt was told", "entries", "(status = 'canceled' and attempt_id is not null))", "false)"
    ),
    Mutant(
        "canceled before any attempt told nothing",
        "entries",
        "(status = 'canceled' and attempt_id is not null))",
        "status = 'canceled')",
    ),
    Mutant(
        "the newest telling counts",
        "entries",
        "select max(sequence) from deliveries where tenant_id",
        "select min(sequence) from deliveries where tenant_id",
    ),
    Mutant(
        "tenants are kept apart",
        "entries",
        "where tenant_id = ? and customer_id = ? and {TOLD}",
        "where ? and customer_id = ? and {TOLD}",
    ),
    Mutant(
        "what stands no longer is canceled",
        "entries",
        "where {UNFINISHED} and transition_id in (",
        "where false and transition_id in (",
    ),
    Mutant(
        "what was delivered stays so",
        "entries",
        "where {UNFINISHED} and transition_id in (",
        "where transition_id in (",
    ),
    Mutant(
        "what comes back is pending again",
        "entries",
        "status != 'canceled' or reason != 'retracted' or attempt_id is not null or not stands as known",
        "1 as known",
    ),
    Mutant("what was begun does not come back", "entries", "or attempt_id is not null or not stands", "or not stands"),
    Mutant("what a person canceled does not come back", "entries", "or reason != 'retracted' or", "or"),
    Mutant("each correction has its own id", "entries", ".fetchone()[0] + 1}", ".fetchone()[0] * 0 + 1}"),
    Mutant("too many wait for a person", "entries", "having count(*) > :limit", "having false"),
    Mutant("only too many wait", "entries", "having count(*) > :limit", "having true"),
    Mutant("only flows are counted", "entries", "status = 'pending' and flow_name is not null", "status = 'pending'"),
    Mutant("what leaves again leaves last", "entries", "        sequence = excluded.sequence,\n", ""),
    Mutant(
        "every customer is looked at whose telling is wrong",
        "enqueue",
        ", *log.disagreeing(told)})",
        "})",
    ),
    Mutant(
        "an idle sync is one with nothing to correct",
        "enqueue",
        "return not log.disagreeing(entries.told_states())",
        "return True",
    ),
    Mutant("an idle sync is one with an old log", "enqueue", "or mark.fingerprint != log.fingerprint()", ""),
    Mutant("first in, first out", "due", "and earlier.sequence < due.sequence", "and false"),
    Mutant(
        "held ones hold up their customer",
        "due",
        "(earlier.status in ('pending', 'sending', 'retry', 'held') or earlier.next_attempt_at >",
        "(earlier.status in ('pending', 'sending', 'retry') or earlier.next_attempt_at >",
    ),
    Mutant(
        "what was canceled on its way may still arrive",
        "due",
        "or earlier.next_attempt_at > :now",
        "",
    ),
    Mutant("customers do not wait for each other", "due", "and earlier.customer_id = due.customer_id", ""),
    Mutant(
        "nothing leaves before it is due",
        "due",
        "IS_TIME = \"ifnull(next_attempt_at, '') <= :now\"",
        'IS_TIME = "true"',
    ),
    Mutant(
        "a send that was cut off is sent again",
        "due",
        "deliveries_due\n    where status in ('pending', 'sending', 'retry')",
        "deliveries_due\n    where status in ('pending', 'retry')",
    ),
    Mutant(
        "what is too old is not sent", "outbox", "and occurred_at < :oldest as is_expired", "and false as is_expired"
    ),
    Mutant("a person may send what is too old", "outbox", "and not replayed and", "and"),
    Mutant(
        "an attempt is written before its request",
        "outbox",
        "claimed.claims.append(self.begin(candidate, now, is_probe))",
        "claimed.claims.append(Claim(candidate.webhook_id, candidate.body, 0, candidate.attempts + 1, now + LEASE))",
    ),
    Mutant("a lease ends", "outbox", "LEASE = timedelta(seconds=30)", "LEASE = timedelta(days=3000)"),
    Mutant(
        "a lease lasts longer than a send", "outbox", "LEASE = timedelta(seconds=30)", "LEASE = timedelta(seconds=1)"
    ),
    Mutant(
        "only who holds it settles it",
        "outbox",
        "(status = 'sending' and attempt_id = :attempt_id)",
        "(status != 'canceled')",
    ),
    Mutant("what was canceled stays so", "outbox", "and status != 'canceled')", ")"),
    Mutant(
        "uncounted attempts do not count",
        "outbox",
        "attempts = attempts + :counted",
        "attempts = attempts + 0 * :counted",
    ),
    Mutant(
        "who was cut off seven times is dead",
        "outbox",
        "elif was_cut_off and candidate.attempts >= MOST_ATTEMPTS:",
        "elif False:",
    ),
    Mutant("seven attempts at most", "outcome", "if attempts >= MOST_ATTEMPTS else", "if attempts >= 99 else"),
    Mutant("what is delivered is not sent again", "outcome", '    "delivered": range(200, 300),\n', ""),
    Mutant("eight at once", "dispatcher", "- len(self.in_flight)", ""),
    Mutant("a short lease is given back", "dispatcher", "> claim.lease_until:", "> claim.lease_until and False:"),
    Mutant("only what stands is replayed", "operators", "when kind = 'changed' and not stands then", "when false then"),
    Mutant(
        "only the newest is replayed", "operators", ") then 'a later transition", ") and false then 'a later transition"
    ),
    Mutant("a replay leaves last", "operators", "sequence = (select max(sequence) + 1 from deliveries), ", ""),
    Mutant(
        "accepting a loss tells nothing",
        "operators",
        "status = case status when 'dead' then 'dead' else 'canceled' end",
        "status = 'canceled'",
    ),
)
