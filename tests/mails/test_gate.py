"""The stand-in Flow Builder beside the real product: messages and the gate over HTTP, as in the demo."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.actions.app import app
from tests.flow_builder.line import Line
from tests.simulator.environment import ACTIONS_TOKEN, SIGNING_SECRET
from tests.simulator.flow_builder.flows import FlowBuilder, Manner
from tests.simulator.flow_builder.inbox import Inbox, gate_at
from tests.simulator.flow_builder.receiver import Receiver
from tests.simulator.server import run_server

DAY = timedelta(days=1)


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path, actions_tokens=[ACTIONS_TOKEN])


@pytest.fixture
def inbox(line: Line) -> Iterator[Inbox]:
    with run_server(app(line.settings, lambda: line.now)) as actions:
        inbox = Inbox(FlowBuilder(Manner.ASKING, gate_at(actions, ACTIONS_TOKEN.partition(":")[2])))
        with run_server(Receiver([SIGNING_SECRET], lambda: line.now, inbox).app) as url:
            line.configure(flow_builder_trigger_url=f"{url}/trigger")
            yield inbox


def test_a_mail_leaves_where_the_gate_says_so_with_what_is_true_then(line: Line, inbox: Inbox) -> None:
    line.marts.contact(1, "Email", "Ada Moss <ada@example.com>")
    line.marts.appointment(777, line.now + 9 * DAY)
    line.marts.enters(2.0)
    line.sync()
    line.deliver()
    assert [mail.email for mail in inbox.collect(line.now)] == ["ada@example.com"]
    line.marts.contact(2, "Email", "ada@example.net", modified_at=line.now + DAY)
    line.sync(2 * DAY)
    assert [mail.email for mail in inbox.collect(line.now)] == ["ada@example.com", "ada@example.net"]
    line.marts.edit("customers", 1001, is_do_not_mail=True)
    line.sync(2 * DAY)
    assert len(inbox.collect(line.now)) == 2


def test_a_mail_waits_until_the_tenant_was_read_again(line: Line, inbox: Inbox) -> None:
    line.marts.contact(1, "Email", "ada@example.com")
    line.marts.appointment(777, line.now + 9 * DAY)
    line.marts.enters(2.0)
    line.sync()
    line.deliver()
    assert len(inbox.collect(line.now)) == 1
    line.now += 2 * DAY
    assert len(inbox.collect(line.now)) == 1
    line.sync(timedelta(minutes=30))
    assert len(inbox.collect(line.now)) == 2
