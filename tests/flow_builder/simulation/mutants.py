"""Rules of delivery.md, each broken at one place of the source: the simulation must notice every one."""

from tests.flow_builder.simulation.product import Mutant

MUTANTS = (
    Mutant("history is not sent", "enqueue", "writer.add_past(log.past(), self.now)", "pass"),
    Mutant("what is gone is not sent", "policy", "lambda case: not case.transition.stands", "lambda case: False"),
    Mutant(
        "inactive customers are left alone",
        "policy",
        "lambda case: not case.customer.is_active",
        "lambda case: False",
    ),
    Mutant(
        "an untold state without a flow is not told", "policy", "case.told is None and case.tr", "False and case.tr"
    ),
    Mutant("what has only changed its cause is not told again", "policy", "and not case.told.stands", "and False"),
    Mutant("replaced is only what tells the same", "policy", "case.told.state == case.transition.to_state", "True"),
    Mutant("what comes late is not sent", "policy", "lambda case: case.is_late", "lambda case: False"),
    Mutant("late is what a standing one precedes", "policy", "if t.told and t.stands)", "if t.stands)"),
    Mutant(
        "what is stale is not sent",
        "policy",
        "detected_at - case.transition.occurred_at > case.max_age",
        "detected_at != case.transition.detected_at",
    ),
    Mutant(
        "superseded is skipped where it should be", "policy", "case.is_superseded and case.skip_superseded", "False"
    ),
    Mutant(
        "superseded is sent where it should be",
        "policy",
        "case.is_superseded and case.skip_superseded",
        "case.is_superseded",
    ),
    Mutant("what is superseded starts no flow", "policy", "or self.superseded or", "or"),
    Mutant(
        "the first reason that holds is taken",
        "policy",
        '    ("late", lambda case: case.is_late),\n    ("stale", is_stale),',
        '    ("stale", is_stale),\n    ("late", lambda case: case.is_late),',
    ),
    Mutant("what was told wrongly is corrected", "policy", "told.state != customer.state", "False"),
    Mutant("what was told rightly is not corrected", "policy", "and told.state != customer.state", ""),
    Mutant("inactive customers are not corrected", "policy", "if told and customer.is_active and", "if told and"),
    Mutant(
        "what this sync sends counts as told",
        "policy",
        "told = Told(transition.to_state, transition.transition_id, stands=True)",
        "pass",
    ),
    Mutant("dead told nothing", "outbox.writer", "'held', 'delivered')", "'held', 'delivered', 'dead')"),
    Mutant("held counts as told", "outbox.writer", "'retry', 'held', 'delivered')", "'retry', 'delivered')"),
    Mutant(
        "canceled after an attempt was told",
        "outbox.writer",
        "(status = 'canceled' and attempt_id is not null))",
        "false)",
    ),
    Mutant(
        "canceled before any attempt told nothing",
        "outbox.writer",
        "(status = 'canceled' and attempt_id is not null))",
        "status = 'canceled')",
    ),
    Mutant(
        "the newest telling counts",
        "outbox.writer",
        "select max(sequence) from deliveries where tenant_id",
        "select min(sequence) from deliveries where tenant_id",
    ),
    Mutant(
        "tenants are kept apart",
        "outbox.writer",
        "where tenant_id = ? and customer_id = ? and {TOLD}",
        "where ? and customer_id = ? and {TOLD}",
    ),
    Mutant(
        "what stands no longer is canceled",
        "outbox.writer",
        "where {UNFINISHED} and transition_id in (",
        "where false and transition_id in (",
    ),
    Mutant(
        "what was delivered stays so",
        "outbox.writer",
        "where {UNFINISHED} and transition_id in (",
        "where transition_id in (",
    ),
    Mutant(
        "what comes back is pending again",
        "outbox.writer",
        "status != 'canceled' or reason != 'retracted' or attempt_id is not null or not stands as known",
        "1 as known",
    ),
    Mutant(
        "what was begun does not come back", "outbox.writer", "or attempt_id is not null or not stands", "or not stands"
    ),
    Mutant("what a person canceled does not come back", "outbox.writer", "or reason != 'retracted' or", "or"),
    Mutant("each correction has its own id", "outbox.writer", ".fetchone()[0] + 1}", ".fetchone()[0] * 0 + 1}"),
    Mutant("too many wait for a person", "outbox.writer", "having count(*) > :limit", "having false"),
    Mutant("only too many wait", "outbox.writer", "having count(*) > :limit", "having true"),
    Mutant(
        "only flows are counted", "outbox.writer", "status = 'pending' and flow_name is not null", "status = 'pending'"
    ),
    Mutant("what leaves again leaves last", "outbox.writer", "        sequence = excluded.sequence,\n", ""),
    Mutant(
        "every customer is looked at whose telling is wrong",
        "enqueue",
        ", *log.disagreeing(told)})",
        "})",
    ),
    Mutant(
        "an idle sync is one with nothing to correct",
        "enqueue",
        "return not log.disagreeing(writer.told_states())",
        "return True",
    ),
    Mutant("an idle sync is one with an old log", "enqueue", "or mark.fingerprint != log.fingerprint()", ""),
    Mutant("first in, first out", "outbox.due", "and earlier.sequence < due.sequence", "and false"),
    Mutant(
        "held ones hold up their customer",
        "outbox.due",
        "(earlier.status in ('pending', 'sending', 'retry', 'held') or earlier.next_attempt_at >",
        "(earlier.status in ('pending', 'sending', 'retry') or earlier.next_attempt_at >",
    ),
    Mutant(
        "what was canceled on its way may still arrive",
        "outbox.due",
        "or earlier.next_attempt_at > :now",
        "",
    ),
    Mutant("customers do not wait for each other", "outbox.due", "and earlier.customer_id = due.customer_id", ""),
    Mutant(
        "nothing leaves before it is due",
        "outbox.due",
        "IS_TIME = \"ifnull(next_attempt_at, '') <= :now\"",
        'IS_TIME = "true"',
    ),
    Mutant(
        "a send that was cut off is sent again",
        "outbox.due",
        "deliveries_due\n    where status in ('pending', 'sending', 'retry')",
        "deliveries_due\n    where status in ('pending', 'retry')",
    ),
    Mutant(
        "what is too old is not sent",
        "outbox.queue",
        "and occurred_at < :oldest as is_expired",
        "and false as is_expired",
    ),
    Mutant("a person may send what is too old", "outbox.queue", "and not replayed and", "and"),
    Mutant(
        "an attempt is written before its request",
        "outbox.queue",
        "claimed.claims.append(self.begin(candidate, now, is_probe))",
        "claimed.claims.append(Claim(candidate.webhook_id, candidate.body, 0, candidate.attempts + 1, now + LEASE))",
    ),
    Mutant("a lease ends", "outbox.queue", "LEASE = timedelta(seconds=30)", "LEASE = timedelta(days=3000)"),
    Mutant(
        "a lease lasts longer than a send",
        "outbox.queue",
        "LEASE = timedelta(seconds=30)",
        "LEASE = timedelta(seconds=1)",
    ),
    Mutant(
        "only who holds it settles it",
        "outbox.queue",
        "(status = 'sending' and attempt_id = :attempt_id)",
        "(status != 'canceled')",
    ),
    Mutant("what was canceled stays so", "outbox.queue", "and status != 'canceled')", ")"),
    Mutant(
        "uncounted attempts do not count",
        "outbox.queue",
        "attempts = attempts + :counted",
        "attempts = attempts + 0 * :counted",
    ),
    Mutant(
        "who was cut off seven times is dead",
        "outbox.queue",
        "elif was_cut_off and candidate.attempts >= MAX_ATTEMPTS:",
        "elif False:",
    ),
    Mutant("seven attempts at most", "retry_policy", "if attempts >= MAX_ATTEMPTS else", "if attempts >= 99 else"),
    Mutant("what is delivered is not sent again", "retry_policy", '    "delivered": range(200, 300),\n', ""),
    Mutant("eight at once", "dispatcher", "- len(self.in_flight)", ""),
    Mutant("a short lease is given back", "dispatcher", "> claim.lease_until:", "> claim.lease_until and False:"),
    Mutant(
        "only what stands is replayed",
        "outbox.operators",
        "when kind = 'changed' and not stands then",
        "when false then",
    ),
    Mutant(
        "only the newest is replayed",
        "outbox.operators",
        ") then 'a later transition",
        ") and false then 'a later transition",
    ),
    Mutant("a replay leaves last", "outbox.operators", "sequence = (select max(sequence) + 1 from deliveries), ", ""),
    Mutant(
        "accepting a loss tells nothing",
        "outbox.operators",
        "status = case status when 'dead' then 'dead' else 'canceled' end",
        "status = 'canceled'",
    ),
)
