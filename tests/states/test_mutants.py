"""The oracle notices faults: every mutant gives at least one customer another story."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipelines.derivation.dbt import PROJECT, code_version, invoke, project_manifest
from tests.oracle.derivation import Log
from tests.states.asides import Asides
from tests.states.comparison import (
    ANSWERS,
    BASELINES,
    DETAILS,
    LOG,
    Fact,
    expected,
    expected_details,
    expected_log,
    facts,
)
from tests.states.histories import STEPS, TENANTS, collected
from tests.states.ledger import Ledger, comings, renamed_job_types, syncs
from tests.states.mutants import OF_THE_MODEL, OF_THE_STEP, Mutant
from tests.states.own_rules import OWN_RULES, write_own_rules
from tests.states.steps import day, step_of
from tests.states.warehouse import Warehouse

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

pytestmark = pytest.mark.prove  # a run of dbt each
HISTORIES = 500
TABLES, LOGS = "config.materialized:table", "config.materialized:incremental"  # views stand as they are
UNASKED = ("resource_type:test", "resource_type:unit_test", "path:models/marts/analysts")


@dataclass(frozen=True)
class Scene:
    """A warehouse before a run of dbt, and what is right after it."""

    warehouse: Warehouse
    as_of: datetime
    right: set[Fact]
    queries: tuple[str, ...]


@pytest.fixture(scope="module")
def rules_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_own_rules(tmp_path_factory.mktemp("rules"))


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory, work_dir: Path, rules_dir: Path) -> Scene:
    """All is derived, at a moment at which somebody's time is over."""
    batch = collected(HISTORIES, seed=21)
    asides = Asides(21)
    ledger = Ledger((op for step in range(STEPS) for op in asides.beside(step_of(batch, step))), OWN_RULES)
    stories = [story for each in ledger.stories(day(9999)).values() for story in each.values() if story.transitions]
    as_of = min(at for story in stories if (at := story.transitions[-1].occurred_at) > day(400))
    warehouse = Warehouse(tmp_path_factory.mktemp("everything") / "warehouse.duckdb", work_dir)
    warehouse.load(ledger.all_rows())
    warehouse.derive(as_of, rules_dir=rules_dir)
    right = ledger.stories(as_of)
    return Scene(warehouse, as_of, expected(right) | expected_details(ledger, right, {}), (*ANSWERS, DETAILS))


@pytest.fixture(scope="module")
def one_step(tmp_path_factory: pytest.TempPathFactory, work_dir: Path, rules_dir: Path) -> Scene:
    """The third step is loaded, with a job type renamed and half a sync of the second tenant; two are derived."""
    batch = collected(HISTORIES, seed=23)  # in which something comes back
    warehouse = Warehouse(tmp_path_factory.mktemp("one_step") / "warehouse.duckdb", work_dir)
    ledger, asides, logs = Ledger(rules=OWN_RULES), Asides(23), {tenant: Log() for tenant in TENANTS}
    warehouse.load(ledger.all_rows())
    for step, as_of in enumerate([day(20), day(60), day(160)]):
        told = [*step_of(batch, step), *comings(step), *(renamed_job_types() if step == 2 else ())]
        warehouse.load(ledger.add(asides.beside(told)))
        complete = TENANTS[: min(step, 1)]
        warehouse.load(syncs(complete, TENANTS[1:], step))
        stories, news = ledger.stories(as_of), ledger.news()
        for tenant, log in logs.items():
            log.update(stories[tenant], as_of, news[tenant], is_complete=tenant in complete)
        if step < 2:
            warehouse.derive(as_of, rules_dir=rules_dir)
    right = expected(stories) | expected_log(logs) | expected_details(ledger, stories, logs)
    return Scene(warehouse, as_of, right, (*ANSWERS, LOG, BASELINES, DETAILS))


def test_without_a_fault_all_is_right(everything: Scene, one_step: Scene, rules_dir: Path, tmp_path: Path) -> None:
    assert facts(everything.warehouse, *everything.queries) == everything.right
    warehouse = one_step.warehouse.copied(tmp_path)
    warehouse.derive(one_step.as_of, rules_dir=rules_dir)
    assert facts(warehouse, *one_step.queries) == one_step.right


@pytest.mark.parametrize("mutant", OF_THE_MODEL, ids=lambda mutant: mutant.what)
def test_a_fault_in_the_model_is_noticed(mutant: Mutant, everything: Scene, tmp_path: Path) -> None:
    selected = (f"{mutant.node}+,{TABLES}", f"{mutant.node}+,{LOGS}", mutant.node)
    assert is_noticed(mutant, everything, tmp_path, "--full-refresh", "--select", *selected)


@pytest.mark.parametrize("mutant", OF_THE_STEP, ids=lambda mutant: mutant.what)
def test_a_fault_in_the_step_is_noticed(mutant: Mutant, one_step: Scene, tmp_path: Path) -> None:
    assert is_noticed(mutant, one_step, tmp_path, "--select", TABLES, LOGS, mutant.node)


def is_noticed(mutant: Mutant, scene: Scene, folder: Path, *options: str) -> bool:
    warehouse = scene.warehouse.copied(folder)
    places = {"warehouse": warehouse.path, "work_dir": warehouse.work_dir}
    # by the same models, as the log has it: else all that is new would be reclassified
    variables = f"{{as_of: '{scene.as_of:%Y-%m-%dT%H:%M:%S.%fZ}', code_version: '{code_version()}'}}"
    manifest = mutated(project_manifest(**places), mutant, folder)
    options = (*options, "--exclude", *UNASKED, "--vars", variables, "--no-write-json")
    done = invoke("build", *options, **places, manifest=manifest)
    assert [node.message for node in done.results if node.status in ("error", "skipped")] == []
    return facts(warehouse, *scene.queries) != scene.right


def mutated(manifest: "Manifest", mutant: Mutant, folder: Path) -> "Manifest":
    """The project with the fault in it, as dbt would have parsed it in seconds."""
    faulty: Manifest = manifest.deepcopy()  # type: ignore[no-untyped-call]
    for macro in faulty.macros.values():
        if (macro.package_name, macro.original_file_path) == ("servicetitan_flow", mutant.file):
            macro.macro_sql = mutant.of(macro.macro_sql)
    for node in faulty.nodes.values():
        if node.original_file_path == mutant.file and mutant.file.startswith("seeds/"):
            node.original_file_path = str(folder / Path(mutant.file).name)
            Path(node.original_file_path).write_text(mutant.of((PROJECT / mutant.file).read_text()))
        elif node.original_file_path == mutant.file:
            node.raw_code = mutant.of(node.raw_code)
    return faulty
