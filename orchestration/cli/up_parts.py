"""The parts of `servicetitan-flow up`: what says that one is ready, and which are off, and why."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pipelines.settings import Settings
from pipelines.tenants import directory
from pipelines.tls import trusted

PATIENCE = 5.0  # seconds for an answer
LATE = 120.0  # seconds, after which a part that is not ready is worth a word
DAEMONS = "{ instance { daemonHealth { allDaemonStatuses { required healthy lastHeartbeatTime } } } }"
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}


@dataclass(frozen=True)
class Part:
    """``line``: its line, once `answers` is true."""

    name: str
    line: str
    answers: Callable[[], bool]


class Startup:
    """For parts that start; each is told once."""

    def __init__(self, parts: list[Part], clock: Callable[[], float] = time.monotonic) -> None:
        self._parts, self._clock, self._since = parts, clock, clock()
        self._late = False

    def news(self) -> Iterator[str]:
        """Lines of the parts that have become ready since the last time; of those that are late, one."""
        for part in list(self._parts):
            if part.answers():
                self._parts.remove(part)
                yield f"{part.name}: ready, {part.line}"
        if self._parts and not self._late and self._clock() - self._since > LATE:
            self._late = True
            names = ", ".join(part.name for part in self._parts)
            yield f"{names}: not ready after {LATE:.0f} s; the log may say why"


def parts(settings: Settings, host: str, port: int, actions_port: int) -> list[Part]:
    dagster, actions = (f"http://{ANYWHERE.get(host, host)}:{number}" for number in (port, actions_port))
    started = time.time()
    known = [
        Part("Dagster", dagster, lambda: answer(f"{dagster}/server_info") is not None),
        Part("Dagster's daemon", "it runs schedules and sensors", lambda: beats(dagster, started)),
    ]
    health = f"{actions}/api/servicetitan/health"
    if settings.actions_tokens:
        known.append(Part("actions API", f"{actions}/docs", lambda: answer(health) is not None))
    if settings.console_users:
        address = f"{settings.console_url or actions}/console"
        known.append(Part("console", address, lambda: answer(health) is not None))
    return known


def off(settings: Settings) -> Iterator[str]:
    """What does not run, and why."""
    if not directory.all(settings):
        yield f"syncs: off, {directory.NONE}"
    if not settings.actions_tokens:
        yield "actions API: off, ACTIONS_TOKENS is not set"
    if not settings.console_users:
        yield "console: off, CONSOLE_USERS is not set; `servicetitan-flow console-user NAME` prints an entry for it"
    if not settings.flow_builder_trigger_url:
        yield "delivery: off, FLOW_BUILDER_TRIGGER_URL is not set"
    if not settings.change_sensor_seconds:
        yield f"change sensor: off, CHANGE_SENSOR_SECONDS is 0; syncs start on SYNC_CRON ({settings.sync_cron})"
    if not settings.alert_urls:
        yield "alerts: off, ALERT_URLS is not set"
    if lacks := no_lake(settings):
        yield f"lake: off, {lacks}"


def no_lake(settings: Settings) -> str | None:
    if not settings.lake_catalog_url:
        return "LAKE_CATALOG_URL is not set"
    from pipelines.analytics.lake.connection import missing

    return missing()


def answer(url: str, query: str | None = None) -> Any:
    """What it answers in JSON, or None where it does not."""
    import httpx

    try:
        with httpx.Client(verify=trusted(), trust_env=False, timeout=PATIENCE) as http:
            return (http.post(url, json={"query": query}) if query else http.get(url)).raise_for_status().json()
    except (httpx.HTTPError, ValueError):
        return None


def beats(dagster: str, since: float) -> bool:
    """Whether each part of the daemon has given a sign since then; an earlier daemon's is not one."""
    told = answer(f"{dagster}/graphql", DAEMONS)
    if not told or not told.get("data"):
        return False
    daemons = [one for one in told["data"]["instance"]["daemonHealth"]["allDaemonStatuses"] if one["required"]]
    return bool(daemons) and all(one["healthy"] and (one["lastHeartbeatTime"] or 0) >= since for one in daemons)
