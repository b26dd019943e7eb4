"""The words of ``suppressed_by`` stand in four places, each of which needs them where the others are not."""

import re

from pipelines.derivation.dbt import PROJECT
from pipelines.flow_builder.suppression import REASONS
from pipelines.rules.seeds import SUPPRESSIONS, shipped_rows

OF_THE_SEED_TEST = re.compile(r"set reasons = \[(.*?)\]", re.DOTALL)
OF_THE_DESCRIPTION = re.compile(r"separated by spaces: (.*?)\.", re.DOTALL)


def words(pattern: re.Pattern[str], path: str) -> list[str]:
    [found] = pattern.findall((PROJECT / path).read_text())
    return re.findall(r"\w+", found)


def test_what_may_stand_in_a_file_is_what_suppresses_and_what_the_seed_test_lets_pass() -> None:
    assert list(REASONS) == list(SUPPRESSIONS)
    assert words(OF_THE_SEED_TEST, "tests/seeds/customer_states_are_whole.sql") == list(SUPPRESSIONS)
    assert words(OF_THE_DESCRIPTION, "seeds/_seeds.yml") == list(SUPPRESSIONS)


def test_each_state_lists_the_shipped_ones_in_their_order() -> None:
    listed = [row["suppressed_by"].split() for row in shipped_rows("customer_states")]
    assert listed == [[word for word in SUPPRESSIONS if word in words] for words in listed]
