"""The files that say how shards are run: valid, and about settings and programs that there are."""

import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml  # type: ignore[import-untyped]

from orchestration.cli.main import main
from orchestration.cli.processes import LAST_WORDS, PATIENCE
from pipelines.flow_builder.dispatcher import STORE_RETURNS
from pipelines.flow_builder.sender import DEADLINE
from pipelines.operations.postgres import CONNECTS_WITHIN
from pipelines.settings import Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "orchestration" / "deploy"
CONTAINERFILE = (DEPLOY / "Containerfile").read_text()
SHARD, COMPOSE = ((DEPLOY / "shards" / name).read_text() for name in ("shard.yaml", "compose.yaml"))
RELEASES = ("1.29.0", "1.37.0")  # of Kubernetes
OURS = {name.upper() for name in Settings.model_fields}
POSTGRES = {"POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB", "POSTGRES_INITDB_ARGS"}  # what its image takes
ENDS_WITHIN = max(PATIENCE + LAST_WORDS, DEADLINE + sum(STORE_RETURNS) + CONNECTS_WITHIN)  # `up`, a worker


def objects(name: str = "east") -> list[dict[str, Any]]:
    return [*yaml.safe_load_all(SHARD.replace("east", name))]


def pods(name: str = "east") -> list[dict[str, Any]]:
    return [one["spec"]["template"]["spec"] for one in objects(name) if "template" in one["spec"]]


COMPOSED = yaml.safe_load(COMPOSE)
SERVICES: dict[str, dict[str, Any]] = COMPOSED["services"]


@pytest.mark.parametrize("release", RELEASES)
def test_kubernetes_takes_every_object(release: str) -> None:
    for one in objects():
        kubernetes_validate.validate(one, release, strict=True)
    assert [one["kind"] for one in objects()] == ["Service", "NetworkPolicy", "StatefulSet", "Deployment"]


def test_kubernetes_would_not_take_a_field_that_there_is_not() -> None:
    broken = objects()[2]
    broken["spec"]["template"]["spec"]["terminationGracePeriod"] = 60
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, RELEASES[-1], strict=True)


def test_two_shards_on_kubernetes_share_the_image_and_one_secret_alone() -> None:
    east, west = (set(re.findall(r"servicetitan-flow[\w-]*", str(objects(name)))) for name in ("east", "west"))
    assert east & west == {"servicetitan-flow"}
    both = [{(one["kind"], one["metadata"]["name"]) for one in objects(name)} for name in ("east", "west")]
    assert both[0].isdisjoint(both[1])


def test_services_and_selectors_find_their_pods() -> None:
    service, policy, shard, workers = objects()
    labels = shard["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"] == policy["spec"]["podSelector"]["matchLabels"] == labels
    assert shard["spec"]["serviceName"] == service["metadata"]["name"]
    for one in (shard, workers):
        assert one["spec"]["selector"]["matchLabels"] == one["spec"]["template"]["metadata"]["labels"]
    assert workers["spec"]["selector"]["matchLabels"] != labels
    [claim] = shard["spec"]["volumeClaimTemplates"]
    [container] = pods()[0]["containers"]
    mounted = {one["name"]: one["mountPath"] for one in container["volumeMounts"]}
    assert mounted == {claim["metadata"]["name"]: "/data", "tmp": "/tmp"}
    named = {one["name"]: one["containerPort"] for one in container["ports"]}
    assert {one["port"] for one in policy["spec"]["ingress"][0]["ports"]} == {named["api"]}
    for probe in ("startupProbe", "readinessProbe"):
        assert container[probe]["httpGet"] == {"path": "/api/servicetitan/health", "port": "api"}


def test_pods_run_as_the_user_of_the_image_and_end_in_time() -> None:
    assert "useradd --uid 1000 " in CONTAINERFILE
    for pod in pods():
        assert (pod["securityContext"]["runAsUser"], pod["securityContext"]["runAsNonRoot"]) == (1000, True)
        assert pod["terminationGracePeriodSeconds"] > ENDS_WITHIN
        [container] = pod["containers"]
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert {one["name"] for one in container["env"]} <= OURS
        assert container["envFrom"][0]["secretRef"]["name"] == "servicetitan-flow"


def test_every_program_that_is_run_is_one_of_ours() -> None:
    by_compose = [one["command"] for one in SERVICES.values() if "command" in one]
    for name, *options in [*(pod["containers"][0]["args"] for pod in pods()), *by_compose]:
        known = {option for parameter in main.commands[name].params for option in parameter.opts}
        assert {one for one in options if one.startswith("--")} <= known


def test_composed_services_name_settings_of_ours_or_of_postgres_alone() -> None:
    for name, service in SERVICES.items():
        assert set(service["environment"]) <= (POSTGRES if name == "postgres" else OURS), name
    assert set(re.findall(r"\$\{(\w+)", COMPOSE)) == {"POSTGRES_PASSWORD"}
    assert set(re.findall(r"\b([A-Z]+_[A-Z_]*[A-Z])\b", COMPOSE)) <= OURS | POSTGRES


def test_composed_shards_differ_and_each_has_a_volume_and_a_worker_of_its_own() -> None:
    shards, of_workers = ([one for one in SERVICES if one in ("east", "west")], ["deliver-east", "deliver-west"])
    assert {*shards, *of_workers, "postgres"} == {*SERVICES}
    assert [SERVICES[name]["environment"]["SHARD"] for name in shards] == shards
    assert [SERVICES[name]["environment"]["SHARD"] for name in of_workers] == shards
    volumes = [volume for one in SERVICES.values() for volume in one.get("volumes", [])]
    assert {volume.partition(":")[0] for volume in volumes} == {*COMPOSED["volumes"]}
    assert len({*volumes}) == len(volumes) == 3
    ports = [port.rpartition(":")[0] for one in SERVICES.values() for port in one.get("ports", [])]
    assert len({*ports}) == len(ports)
    assert all(port.startswith("127.0.0.1:") for port in ports)
    addresses = {one["environment"].get("OPERATIONS_URL") for name, one in SERVICES.items() if name != "postgres"}
    database = SERVICES["postgres"]["environment"]
    assert addresses == {
        f"postgresql://{database['POSTGRES_USER']}:{database['POSTGRES_PASSWORD']}@postgres:5432/{database['POSTGRES_DB']}"
    }


def test_composed_services_end_in_time_and_are_built_with_what_they_need() -> None:
    for name, service in SERVICES.items():
        assert int(service["stop_grace_period"].removesuffix("s")) > ENDS_WITHIN
        if name != "postgres":
            build = service["build"]
            context = (DEPLOY / "shards" / build["context"]).resolve()
            assert (context / build["dockerfile"]).read_text() == CONTAINERFILE
            assert "ARG EXTRAS" in CONTAINERFILE
            project = (ROOT / "pyproject.toml").read_text()
            assert all(f"\n{extra} = [" in project for extra in build["args"]["EXTRAS"].strip("[]").split(","))
