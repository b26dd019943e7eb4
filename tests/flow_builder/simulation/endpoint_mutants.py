"""The rules of delivery.md section 3 on the endpoint, each broken at one place of the source."""

from tests.flow_builder.simulation.product import Mutant

ENDPOINT_MUTANTS = (
    Mutant("the whole queue waits", "endpoint", "return self.waits(now) or (", "return ("),
    Mutant("a 429 does not count", "outcome", "now + wait, counts=False, waits_until", "now + wait, waits_until"),
    Mutant("a 503 that asks to wait is heeded", "outcome", "not in (429, 503)", "not in (429,)"),
    Mutant("a wrong endpoint does not count", "outcome", "DELAYS[0], counts=False)", "DELAYS[0])"),
    Mutant("while it is down nothing counts", "outcome", "if stays_down or verdict", "if verdict"),
    Mutant(
        "a conflict with an attempt that was cut off is tried again",
        "outcome",
        "not (answer.status == 409 and was_cut_off)",
        "True",
    ),
    Mutant(
        "a conflict with none is refused", "outcome", "(answer.status == 409 and was_cut_off)", "answer.status == 409"
    ),
    Mutant("what was cut off had a connection", "outbox", "and ifnull(error, '') not like 'Connect%'", ""),
    Mutant("a wrong endpoint is down", "health", 'if self.answer.verdict == "endpoint":', "if False:"),
    Mutant("one failure is not enough", "health", "IN_A_ROW = 3", "IN_A_ROW = 2"),
    Mutant("three failures are enough", "health", "IN_A_ROW = 3", "IN_A_ROW = 4"),
    Mutant(
        "one message is not enough where more are due", "health", "(len(set(messages)) > 1 or self.is_alone())", "True"
    ),
    Mutant("one message is enough where no other is due", "health", "> 1 or self.is_alone()", "> 1"),
    Mutant("who is on its way is no less due", "health", "or self.count(ANOTHER_IS_ON_ITS_WAY)", ""),
    Mutant(
        "refusals are of three messages", "health", "return len(set(messages)) >= IN_A_ROW", "return len(messages) >= 9"
    ),
    Mutant("refusals are no failures", "health", "if is_refused == self.is_refused", ""),
    Mutant(
        "who is refused again is at fault", "health", "if self.is_refused and self.count(REFUSED_AGAIN):", "if False:"
    ),
    Mutant("again is after another got through", "health", "and ended_at < got_through_at", ""),
    Mutant(
        "a success forgives",
        "health",
        "            self.execute(GOT_THROUGH)\n            self.execute(FORGIVEN)",
        "            self.execute(GOT_THROUGH)",
    ),
    Mutant(
        "only a success forgives",
        "health",
        "        self.execute(UP)\n",
        "        self.execute(UP)\n        self.execute(FORGIVEN)\n",
    ),
    Mutant(
        "what was refused by a broken endpoint is due again",
        "health",
        "and status = 'dead' and reason is null",
        "and false and reason is null",
    ),
    Mutant("one attempt is left", "health", "most=MOST_ATTEMPTS - 1", "most=MOST_ATTEMPTS"),
    Mutant("nothing is due again that is gone", "health", "and (kind != 'changed' or stands)", ""),
    Mutant(
        "while it is down only probes leave",
        "outbox",
        "            self.take_some(PROBES, now, min(room, 1), claimed, is_probe=True)\n            return claimed",
        "            pass",
    ),
    Mutant("a probe waits for its time", "endpoint", "now < probe_at <= now + LONGEST_PROBE", "False"),
    Mutant(
        "the first probe comes after 30 s",
        "endpoint",
        "FIRST_PROBE = timedelta(seconds=30)",
        "FIRST_PROBE = timedelta(seconds=20)",
    ),
    Mutant(
        "probes come every 5 minutes at least",
        "endpoint",
        "LONGEST_PROBE = timedelta(minutes=5)",
        "LONGEST_PROBE = timedelta(minutes=9)",
    ),
    Mutant("probes come more and more seldom", "endpoint", "FIRST_PROBE * 2 ** min(probes, 9)", "FIRST_PROBE"),
    Mutant(
        "the next probe is put off before one leaves",
        "outbox",
        "            begin_probe(self.con, attempt_id, now)",
        "            pass",
    ),
    Mutant(
        "a probe is what was tried longest ago",
        "due",
        'order="ifnull(attempt_id, 0)"',
        "order=\"ifnull(next_attempt_at, '')\"",
    ),
    Mutant(
        "what brought it down is a probe too",
        "due",
        "or attempt_id in (select attempt_id from endpoint_failures))",
        "or false)",
    ),
    Mutant("a probe does not count when it leaves", "outbox", '"counts": not is_probe,', '"counts": True,'),
    Mutant(
        "no answer brings nothing up",
        "endpoint",
        "answer.status is None or answer.status >= 500",
        "(answer.status or 0) >= 500",
    ),
    Mutant("a 5xx brings nothing up", "endpoint", "answer.status >= 500", "False"),
    Mutant("a wrong endpoint's answer brings nothing up", "endpoint", 'or answer.verdict == "endpoint" or', "or"),
    Mutant(
        "a refusal brings up what failed",
        "endpoint",
        'return self.refuses or answer.verdict == "endpoint"',
        'return True or answer.verdict == "endpoint"',
    ),
    Mutant("a refusal brings nothing up that refuses", "endpoint", "return self.refuses or", "return"),
    Mutant("who waits behind what died a moment ago comes last", "due", "suspect.status = 'dead'", "false"),
    Mutant(
        "who waits behind what died a moment ago is not left lying",
        "outbox",
        "self.take_some(DUE, now, room, claimed)",
        "pass",
    ),
)
