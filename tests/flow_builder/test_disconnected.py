"""What waits to be sent of a tenant that was disconnected: nobody reads any more whether it is still right."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from pipelines.actions import connecting
from pipelines.flow_builder import switches
from pipelines.flow_builder.dispatcher import Delivered
from pipelines.operations import open_operations, transaction
from pipelines.tenants import directory, store
from pipelines.tenants.encryption import SecretsKey, new_key
from pipelines.tenants.store import StoredTenant
from tests.flow_builder.line import Line
from tests.flow_builder.marts import SOCAL
from tests.simulator.flow_builder.receiver import Receiver


class ConnectedLine(Line):
    """Its tenant was connected by a person."""

    def connects(self) -> None:
        tenant = StoredTenant(name="socal", id=SOCAL, client_id="id", client_secret=SecretStr("secret"))
        with open_operations(self.settings.operations) as con, transaction(con):
            store.put(con, tenant, SecretsKey(self.settings), "ann", self.now)
        connecting.go_on(self.settings, tenant, "ann", self.now)

    def disconnects(self) -> None:
        connecting.disconnect(self.settings, "socal", "ann", self.now)


@pytest.fixture
def line(tmp_path: Path, receiver: Receiver) -> ConnectedLine:
    trigger = f"{receiver.url}/trigger"
    line = ConnectedLine(tmp_path, servicetitan_tenants={}, secrets_key=[new_key()], flow_builder_trigger_url=trigger)
    receiver.clock = lambda: line.now
    line.marts.baseline(SOCAL)
    line.connects()
    return line


def test_it_waits_and_goes_on_once_the_tenant_is_back_and_was_read(line: ConnectedLine) -> None:
    line.marts.enters(1.0)
    line.sync()
    line.disconnects()
    assert line.deliver() == Delivered()
    line.sync()
    assert (line.deliver(), [row.status for row in line.rows()]) == (Delivered(), ["pending"])
    line.connects()
    assert line.deliver() == Delivered(), "it is decided anew first"
    line.sync()
    assert line.deliver() == Delivered(delivered=1)


def test_what_a_person_has_paused_stays_paused(line: ConnectedLine) -> None:
    line.marts.enters(1.0)
    line.sync()
    [tenant] = directory.all(line.settings)
    switches.turn(line.settings.operations, [tenant], "pause", reason="complaints", by="bob", now=line.now)
    line.disconnects()
    line.connects()
    line.sync()
    assert line.deliver() == Delivered()
