"""That a tenant's baseline was taken: told once, by the sync that took it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg

if TYPE_CHECKING:
    from pipelines.derivation.baselines import Baseline

BASELINES = dg.AssetKey(["marts", "tenant_baselines"])
TAKEN = "baselines taken"


def told(taken: Iterable["Baseline"]) -> Mapping[dg.AssetKey, Mapping[str, Any]]:
    """As metadata of the mart; none where nothing was taken."""
    lines = "\n".join(map(str, taken))
    return {BASELINES: {TAKEN: lines}} if lines else {}


def lines(result: dg.ExecuteInProcessResult) -> Iterator[str]:
    for one in result.asset_materializations_for_node("derive"):
        if TAKEN in one.metadata:
            yield from str(one.metadata[TAKEN].value).splitlines()
