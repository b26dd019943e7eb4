"""The rules of delivery.md section 3 on the endpoint, each broken at one place of the source."""

from tests.flow_builder.simulation.product import Mutant

ENDPOINT_MUTANTS = (
    Mutant("the whole queue waits", "outbox.endpoint", "return self.waits(now) or (", "return ("),
    Mutant("a 429 does not count", "retry_policy", "now + wait, counts=False, waits_until", "now + wait, waits_until"),
    Mutant("a 503 that asks to wait is heeded", "retry_policy", "not in (429, 503)", "not in (429,)"),
    Mutant("a wrong endpoint does not count", "retry_policy", "RETRY_SCHEDULE[0], counts=False)", "RETRY_SCHEDULE[0])"),
    Mutant("while it is down nothing counts", "retry_policy", "if stays_down or verdict", "if verdict"),
    Mutant(
        "a conflict with an attempt that was cut off is tried again",
        "retry_policy",
        "not (answer.status == 409 and was_cut_off)",
        "True",
    ),
    Mutant(
        "a conflict with none is refused",
        "retry_policy",
        "(answer.status == 409 and was_cut_off)",
        "answer.status == 409",
    ),
    Mutant("a wrong endpoint is down", "outbox.health", 'if self.answer.verdict == "endpoint":', "if False:"),
    Mutant("one failure is not enough", "outbox.health", "IN_A_ROW = 3", "IN_A_ROW = 2"),
    Mutant("three failures are enough", "outbox.health", "IN_A_ROW = 3", "IN_A_ROW = 4"),
    Mutant(
        "one message is not enough where more are due",
        "outbox.health",
        "(len(set(messages)) > 1 or self.is_alone())",
        "True",
    ),
    Mutant("one message is enough where no other is due", "outbox.health", "> 1 or self.is_alone()", "> 1"),
    Mutant("who is on its way is no less due", "outbox.health", "or self.count(ANOTHER_IS_ON_ITS_WAY)", ""),
    Mutant(
        "refusals are of three messages",
        "outbox.health",
        "return len(set(messages)) >= IN_A_ROW",
        "return len(messages) >= 9",
    ),
    Mutant("refusals are no failures", "outbox.health", "if is_refused == self.is_refused", ""),
    Mutant(
        "who is refused again is at fault",
        "outbox.health",
        "if self.is_refused and self.count(REFUSED_AGAIN):",
        "if False:",
    ),
    Mutant("again is after another got through", "outbox.health", "and ended_at < got_through_at", ""),
    Mutant(
        "a success forgives",
        "outbox.health",
        "            self.execute(GOT_THROUGH)\n            self.execute(FORGIVEN)",
        "            self.execute(GOT_THROUGH)",
    ),
    Mutant(
        "only a success forgives",
        "outbox.health",
        "        self.execute(UP)\n",
        "        self.execute(UP)\n        self.execute(FORGIVEN)\n",
    ),
    Mutant(
        "what was refused by a broken endpoint is due again",
        "outbox.health",
        "and status = '{Status.DEAD}' and reason is null",
        "and false and reason is null",
    ),
    Mutant("one attempt is left", "outbox.health", "most=MAX_ATTEMPTS - 1", "most=MAX_ATTEMPTS"),
    Mutant("nothing is due again that is gone", "outbox.health", "and (kind != 'changed' or stands = 1)", ""),
    Mutant(
        "while it is down only probes leave",
        "outbox.queue",
        "            self.take_some(PROBES, now, min(room, 1), claimed, is_probe=True)\n            return claimed",
        "            pass",
    ),
    Mutant("a probe waits for its time", "outbox.endpoint", "now < probe_at <= now + MAX_PROBE_INTERVAL", "False"),
    Mutant(
        "the first probe comes after 30 s",
        "outbox.endpoint",
        "FIRST_PROBE = timedelta(seconds=30)",
        "FIRST_PROBE = timedelta(seconds=20)",
    ),
    Mutant(
        "probes come every 5 minutes at least",
        "outbox.endpoint",
        "MAX_PROBE_INTERVAL = timedelta(minutes=5)",
        "MAX_PROBE_INTERVAL = timedelta(minutes=9)",
    ),
    Mutant("probes come more and more seldom", "outbox.endpoint", "FIRST_PROBE * 2 ** min(probes, 9)", "FIRST_PROBE"),
    Mutant(
        "the next probe is put off before one leaves",
        "outbox.queue",
        "            begin_probe(self.con, attempt_id, now)",
        "            pass",
    ),
    Mutant(
        "a probe is what was tried longest ago",
        "outbox.due",
        'order="ifnull(attempt_id, 0)"',
        "order=\"ifnull(next_attempt_at, '')\"",
    ),
    Mutant(
        "what brought it down is a probe too",
        "outbox.due",
        "or attempt_id in (select attempt_id from endpoint_failures))",
        "or false)",
    ),
    Mutant("a probe does not count when it leaves", "outbox.queue", '"counts": not is_probe,', '"counts": True,'),
    Mutant(
        "no answer brings nothing up",
        "outbox.endpoint",
        "answer.status is None or answer.status >= 500",
        "(answer.status or 0) >= 500",
    ),
    Mutant("a 5xx brings nothing up", "outbox.endpoint", "answer.status >= 500", "False"),
    Mutant(
        "a wrong endpoint's answer brings nothing up", "outbox.endpoint", 'or answer.verdict == "endpoint" or', "or"
    ),
    Mutant(
        "a refusal brings up what failed",
        "outbox.endpoint",
        'return self.refuses or answer.verdict == "endpoint"',
        'return True or answer.verdict == "endpoint"',
    ),
    Mutant("a refusal brings nothing up that refuses", "outbox.endpoint", "return self.refuses or", "return"),
    Mutant(
        "who waits behind what died a moment ago comes last", "outbox.due", "suspect.status = '{Status.DEAD}'", "false"
    ),
    Mutant(
        "who waits behind what died a moment ago is not left lying",
        "outbox.queue",
        "self.take_some(DUE, now, room, claimed)",
        "pass",
    ),
)
