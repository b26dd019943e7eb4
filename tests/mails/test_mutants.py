"""A small measurement: nothing is wrong; and with each of the rules switched off something is."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.mails.line import Line
from tests.mails.measured import Ear, Listener, Measurement
from tests.mails.mutants import BY_RULES, IN_THE_SOURCE, STORIES, InTheSource, write_rules
from tests.mails.product import product
from tests.mails.source import Source
from tests.mails.table import table, wrong
from tests.simulator.flow_builder.causes import Cause
from tests.simulator.flow_builder.flows import Manner
from tests.simulator.flow_builder.wanted import Wish
from tests.simulator.office.trades import OFFICES
from tests.simulator.world import World

pytestmark = pytest.mark.prove  # minutes
HOUSEHOLDS, DAYS = 90, 12  # of each company
AFFECTED = [replace(OFFICES[0], tenant_id=1000 + place, name=rule.word) for place, rule in enumerate(BY_RULES)]
# A cancellation that settles is told an hour later, and of an address that goes no message tells.
KNOWN_TO_THE_GATE_ALONE = {Cause.VISIT_CANCELED, Cause.ADDRESS_GONE}
WHOLE = [office.tenant_id for office in OFFICES]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory, parsed_project: Path) -> Measurement:
    """Two companies, and one more for each rule of a tenant's own; the product as it is, and with each fault."""
    folder = tmp_path_factory.mktemp("mails")
    rules = write_rules(folder / "rules", [office.tenant_id for office in AFFECTED])

    def listeners(world: World) -> dict[str, Listener]:
        source = Source(world, folder, parsed_project, rules)
        listeners = {"whole": Listener.of(Line(source, folder))}
        for number, fault in enumerate(IN_THE_SOURCE):
            listeners[fault.mutant.rule] = listener_of(fault, source, folder / str(number))
        return listeners

    measurement = Measurement(listeners, HOUSEHOLDS, DAYS, offices=[*OFFICES, *AFFECTED], stories=STORIES)
    measurement.run()
    return measurement


def listener_of(fault: InTheSource, source: Source, folder: Path) -> Listener:
    folder.mkdir()
    line = Line(source, folder, product(fault.mutant))
    return Listener(line, [Ear(fault.manner, line.gate if fault.manner is Manner.ASKING else None)])


def counted(ear: Ear, *tenants: int) -> Counter[Cause]:
    found = [one for one in wrong(ear) if one.mail.tenant_id in tenants]
    return Counter(cause for one in found for cause in one.causes)


def test_who_asks_mails_nothing_wrong_and_every_rule_that_is_off_is_counted(measured: Measurement) -> None:
    """Together, for the measurement takes minutes."""
    _, heeding, asking = measured.listeners["whole"].ears
    assert counted(asking, *WHOLE) == {}, "\n".join(table(measured, HOUSEHOLDS * len(measured.world.companies)))
    assert {*counted(heeding, *WHOLE)} <= KNOWN_TO_THE_GATE_ALONE
    assert [*unnoticed_rules(asking), *unnoticed_faults(measured, len(missing(measured, asking)))] == []


def unnoticed_rules(asking: Ear) -> Iterator[str]:
    for rule, office in zip(BY_RULES, AFFECTED, strict=True):
        if not counted(asking, office.tenant_id)[rule.cause]:
            yield rule.word


def unnoticed_faults(measured: Measurement, missing_anyway: int) -> Iterator[str]:
    for fault in IN_THE_SOURCE:
        [ear] = measured.listeners[fault.mutant.rule].ears
        found = counted(ear, *WHOLE)
        is_lost = not fault.causes and len(missing(measured, ear)) > missing_anyway
        if not (is_lost or any(found[cause] for cause in fault.causes)):
            yield fault.mutant.rule


def missing(measured: Measurement, ear: Ear) -> list[Wish]:
    return [wish for wish in measured.missing(ear) if wish.tenant_id in WHOLE]
