"""Dagster's records in PostgreSQL, by its own library; of its events what is of use, as in `orchestration.event_log`.

A `dagster.yaml` names it: ``orchestration/deploy/shards/dagster.yaml``.
"""

from collections.abc import Mapping
from typing import Any

from dagster import EventLogEntry, StringSource
from dagster._serdes import ConfigurableClassData
from dagster_postgres import (
    DagsterPostgresStorage,
    PostgresEventLogStorage,
    PostgresRunStorage,
    PostgresScheduleStorage,
)
from sqlalchemy import make_url

from orchestration.instance.run_details import is_kept, keep_what_is_of_use

DRIVER = "postgresql+psycopg2"  # SQLAlchemy 2.1 takes psycopg 3 by itself, with which every event fails at its NOTIFY


class Storage(DagsterPostgresStorage):
    def __init__(self, url: str, inst_data: ConfigurableClassData | None = None) -> None:
        self.postgres_url, self.should_autocreate_tables, self._inst_data = url, True, inst_data
        self._run_storage = PostgresRunStorage(url)
        self._event_log_storage = EventLog(url)
        self._schedule_storage = PostgresScheduleStorage(url)
        super(DagsterPostgresStorage, self).__init__()  # type: ignore[no-untyped-call]

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """``postgres_url``: as PostgreSQL's own programs take it."""
        return {"postgres_url": StringSource}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> "Storage":
        url = make_url(config_value["postgres_url"]).set(drivername=DRIVER)
        return cls(url.render_as_string(hide_password=False), inst_data)


class EventLog(PostgresEventLogStorage):
    def store_event(self, event: EventLogEntry) -> None:
        if is_kept(event):
            super().store_event(event)
            keep_what_is_of_use(self, event)
