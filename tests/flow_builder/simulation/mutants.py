"""Rules of delivery.md, each broken at one place of the source: the simulation must notice every one."""

from tests.flow_builder.simulation.product import Mutant

MUTANTS = (
    Mutant("only who starts over takes news as told", "enqueue", "        if self.start_over:\n", "        if True:\n"),
    Mutant("who has changed is looked at", "scope", "derivation.id, behind, news)", "derivation.id, behind, set())"),
    Mutant(
        "after a crash all are looked at",
        "scope",
        "known[one] and known[one] == derivation.previous_id",
        "known[one] and known[one] != derivation.id",
    ),
    Mutant("a checkpoint is no derivation to come", "scope", "if known[one] != derivation.id and", "if"),
    Mutant("a lost outbox is noticed", "enqueue", "            raise OutboxLost(", "            _ = ("),
    Mutant("a lost tenant is noticed", "enqueue", "if tenant_id not in known]", "if not known]"),
    Mutant(
        "only history is forgotten",
        "outbox.history_removal",
        "log.baseline_among([transition_id for _, transition_id in rows])",
        "[transition_id for _, transition_id in rows]",
    ),
    Mutant("history is forgotten", "outbox.history_removal", "con.execute(REMOVE, [json.dumps(past)])", "pass"),
    Mutant(
        "dead told nothing",
        "statuses",
        "(*UNFINISHED, Status.DELIVERED)",
        "(*UNFINISHED, Status.DELIVERED, Status.DEAD)",
    ),
    Mutant("held counts as told", "statuses", "(*UNFINISHED, Status.DELIVERED)", "(*WAITING, Status.DELIVERED)"),
    Mutant("too many wait for a person", "outbox.writer", "having count(*) > :limit", "having false"),
    Mutant("only too many wait", "outbox.writer", "having count(*) > :limit", "having true"),
    Mutant("first in, first out", "outbox.due", "and earlier.sequence < due.sequence", "and false"),
    Mutant(
        "held ones hold up their customer",
        "outbox.due",
        "(earlier.status in {UNFINISHED} or earlier.next_attempt_at >",
        "(earlier.status in {WAITING} or earlier.next_attempt_at >",
    ),
    Mutant("what was canceled on its way may still arrive", "outbox.due", "or earlier.next_attempt_at > :now", ""),
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
        "deliveries_due\n    where status in {WAITING}",
        "deliveries_due\n    where status in ('pending', 'retry')",
    ),
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
        "(status = '{Status.SENDING}' and attempt_id = :attempt_id)",
        "(status != '{Status.CANCELED}')",
    ),
    Mutant("what was canceled stays so", "outbox.queue", "and status != '{Status.CANCELED}')", ")"),
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
    Mutant("seven attempts at most", "retry_policy", "or attempts >= MAX_ATTEMPTS:", "or attempts >= 99:"),
    Mutant("what is delivered is not sent again", "retry_policy", '    "delivered": range(200, 300),\n', ""),
    Mutant("eight at once", "dispatcher", "- len(self.in_flight)", ""),
    Mutant("a short lease is given back", "dispatcher", "> claim.lease_until:", "> claim.lease_until and False:"),
    Mutant(
        "accepting a loss tells nothing",
        "outbox.operators",
        "status = case status when '{Status.DEAD}' then '{Status.DEAD}' else '{Status.CANCELED}' end",
        "status = '{Status.CANCELED}'",
    ),
    Mutant(
        "what is known is up to its checkpoint",
        "enqueue",
        "self.operations, self.scope.tenants, self.scope.derivation_id, self.now",
        "self.operations, self.scope.tenants, '1', self.now",
    ),
    Mutant(
        "who was told and then was not is looked at", "enqueue", "            *knowledge.turned(scope.tenants),\n", ""
    ),
    Mutant("who waits is looked at", "enqueue", "            *knowledge.unfinished(scope.tenants),\n", ""),
    Mutant("whose facts changed is looked at", "enqueue", "            *knowledge.with_rows(scope.changed),\n", ""),
    Mutant(
        "whose facts changed is looked at where all are",
        "enqueue",
        "            *log.with_other_facts(knowledge.digests(scope.whole)),\n",
        "",
    ),
    Mutant(
        "who was told another state is looked at",
        "enqueue",
        "            *log.disagreeing(knowledge.told_states(scope.whole)),\n",
        "",
    ),
    Mutant("who has news is looked at", "enqueue", "            *log.customers_with_news(),\n", ""),
    Mutant(
        "whose tenant came out of shadow is looked at",
        "enqueue",
        "            *(key for tenant_id in switched_ones for key in knowledge.told(tenant_id)),\n",
        "",
    ),
    Mutant("who was looked at is not looked at again", "enqueue", "        writer.note_told(self.scope.tenants)\n", ""),
    Mutant("an idle sync is one with nothing to correct", "enqueue", "        or knowledge.turned(seen.tenants)\n", ""),
    Mutant(
        "an idle sync is one in which nothing waits", "enqueue", "        or knowledge.unfinished(seen.tenants)\n", ""
    ),
    Mutant(
        "an idle sync is one with an old log",
        "enqueue",
        "        seen.whole\n        or seen.behind\n        or ",
        "        ",
    ),
    Mutant(
        "an idle sync is one in which no switch was turned",
        "enqueue",
        "        or switched(operations, settings, seen.tenants)\n",
        "",
    ),
    Mutant(
        "whose transition is another's now is decided with them",
        "enqueue",
        "asked |= self.decide(batch)",
        "self.decide(batch)",
    ),
    Mutant(
        "what is another's now is theirs to decide",
        "enqueue",
        "{one for one in ids & owners.keys() if owners[one] != history.key}",
        "set()",
    ),
    Mutant(
        "a body says what is so now",
        "enqueue",
        "if row != known or (text and not self.is_same(text, row.webhook_id)):",
        "if row != known:",
    ),
    Mutant(
        "a sync that began later is waited for",
        "enqueue",
        "whole_from=reading.whole_from if reading else None",
        "whole_from=self.now",
    ),
    Mutant(
        "what ended is looked at once more",
        "outbox.knowledge",
        "        when status = '{Status.DELIVERED}' then 3\n",
        "        when status = '{Status.DELIVERED}' then 0\n",
    ),
    Mutant(
        "what is written anew is written whole",
        "outbox.writer",
        'KEPT = ("sequence", "webhook_id",',
        'KEPT = ("sequence", "transition_id", "webhook_id",',
    ),
    Mutant(
        "what leaves again leaves last",
        "outbox.writer",
        "        sequence = excluded.sequence\n",
        "        webhook_id = excluded.webhook_id\n",
    ),
    Mutant("corrections and ends are counted", "outbox.writer", " or ends != '[]')", ")"),
    Mutant("only flows are counted", "outbox.writer", "            and (flow_name is not null or ends != '[]')\n", ""),
    Mutant("the last hour is counted", "outbox.writer", "created_at > :an_hour_ago", "created_at > '9'"),
    Mutant("only the last hour is counted", "outbox.writer", "created_at > :an_hour_ago", "created_at > ''"),
    Mutant("a batch that was seen is not counted", "outbox.writer", " and batch is null)", ")"),
    Mutant(
        "what comes back is no longer of a batch",
        "outbox.writer",
        "batch = case when deliveries.sequence = excluded.sequence then deliveries.batch end",
        "batch = deliveries.batch",
    ),
    Mutant("what must settle waits", "outbox.due", "        and settles_at is null\n", ""),
    Mutant("a flow does not start after its visit", "outbox.due", "        and ifnull(flow_until, '~') > :now\n", ""),
    Mutant("nothing leaves in shadow", "outbox.due", "and (is_shadow = 1 or paused_at", "and (paused_at"),
    Mutant(
        "nothing leaves in pause",
        "outbox.due",
        "and (is_shadow = 1 or paused_at is not null or",
        "and (is_shadow = 1 or",
    ),
    Mutant("the pause of all is a pause", "outbox.due", "in (due.tenant_id, 0)", "in (due.tenant_id)"),
    Mutant("after a pause a sync comes first", "outbox.due", " or ifnull(enqueues.began_at, '') <= resumed_at)", ")"),
    Mutant(
        "what is too old is not sent", "outbox.queue", "kind = 'changed' and occurred_at < :oldest and", "false and"
    ),
    Mutant("a booking ahead is not too old", "outbox.queue", " and ifnull(ahead_until, '') <= :now", ""),
    Mutant(
        "a person may send what is too old", "outbox.queue", " and instr(' ' || overrides || ' ', ' expired ') = 0", ""
    ),
    Mutant(
        "what follows a message that was lost waits",
        "outbox.queue",
        "        let_others_wait(self.con, claim.webhook_id, now)\n        if outcome",
        "        if outcome",
    ),
    Mutant(
        "what follows one that expired waits",
        "outbox.queue",
        "        let_others_wait(self.con, webhook_id, now)\n\n    def was",
        "        pass\n\n    def was",
    ),
    Mutant(
        "what may have arrived was told",
        "outbox.queue",
        "        self.con.execute(NOTE_ARRIVAL, values)\n",
        "        self.con.execute(NOTE_ARRIVAL.replace('exists', 'false and exists'), values)\n",
    ),
    Mutant("what was refused did not arrive", "outbox.queue", "        self.con.execute(NOTE_ARRIVAL, values)\n", ""),
    Mutant(
        "what follows one that a person canceled waits",
        "outbox.operators",
        '            con.execute(LET_OTHERS_WAIT, {"webhook_id": webhook_id, "now": stamp(self.now)})\n',
        "",
    ),
    Mutant(
        "only a current one is replayed", "outbox.replays", '            yield "superseded"\n', "            pass\n"
    ),
    Mutant("what is gone is not replayed", "outbox.replays", "if row.transition_id and not row.stands:", "if False:"),
    Mutant("what was told again is not replayed", "outbox.replays", "if self.is_told_again():", "if False:"),
    Mutant(
        "nobody replays for who is inactive", "outbox.replays", '            yield "inactive"\n', "            pass\n"
    ),
    Mutant(
        "a replay leaves last",
        "outbox.operators",
        "        sequence = :sequence,\n",
        "",
    ),
    Mutant(
        "what had a connection was cut off",
        "outbox.queue",
        "attempt_id < ? and http_status is null\n        and (ended_at is null or error is not null) and"
        " ifnull(error, '') not like 'Connect%'",
        "attempt_id < ? and http_status is null",
    ),
)
