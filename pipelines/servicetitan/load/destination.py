"""dlt's DuckDB destination, with a merge of our own.

dlt's merge copies a package into staging tables, deletes by key and inserts, whatever is older or the same. Here the
package's Parquet files are the staging, and `pipelines.servicetitan.load.merge` decides what is news.
"""

import threading
from pathlib import Path

from dlt.common.destination import DestinationCapabilitiesContext, PreparedTableSchema
from dlt.common.destination.client import LoadJob, RunnableLoadJob
from dlt.common.normalizers.naming import NamingConvention
from dlt.common.schema.typing import TColumnSchema
from dlt.destinations import duckdb
from dlt.destinations.impl.duckdb.configuration import DuckDbClientConfiguration, DuckDbCredentials
from dlt.destinations.impl.duckdb.duck import DuckDbClient

from pipelines.servicetitan.load.merge import Merge
from pipelines.servicetitan.raw_tables import CHANGES, TABLE

CONFIGURATION = {"memory_limit": "200MB", "preserve_insertion_order": False}
ONE_AT_A_TIME = threading.Lock()  # DuckDB shares a merge between the cores; several would share the memory, too
PRAGMAS = ["checkpoint_threshold = '16MB'"]  # dlt's 1 GB sends a whole package through the log before it is written


class MergeJob(RunnableLoadJob):
    """One file of one table in one transaction; run again it changes nothing."""

    _job_client: DuckDbClient

    def run(self) -> None:
        client = self._job_client.sql_client
        merge = Merge(
            TABLE[self.load_table_name],
            target=client.make_qualified_table_name(self.load_table_name),
            loads=client.make_qualified_table_name(self._schema.loads_table_name),
            changes=client.make_qualified_table_name(CHANGES.name),
            path=self._file_path,
            load_id=self._load_id,
        )
        with ONE_AT_A_TIME, client.begin_transaction():
            merge.run(client.native_connection)


class WarehouseClient(DuckDbClient):
    def should_load_data_to_staging_dataset(self, table_name: str) -> bool:
        return table_name not in TABLE and super().should_load_data_to_staging_dataset(table_name)

    def create_load_job(
        self, table: PreparedTableSchema, file_path: str, load_id: str, restore: bool = False
    ) -> LoadJob:
        if table["name"] in TABLE and file_path.endswith(".parquet"):
            return MergeJob(file_path)
        return super().create_load_job(table, file_path, load_id, restore)

    def _get_column_def_sql(self, c: TColumnSchema, table: PreparedTableSchema = None) -> str:  # type: ignore[assignment]
        """JSON lies as it came: looking for its best compression costs as much as all the rest of a load."""
        definition: str = super()._get_column_def_sql(c, table)
        return definition.replace(" JSON ", " JSON USING COMPRESSION uncompressed ", 1)


class Warehouse(duckdb):
    @property
    def client_class(self) -> type[DuckDbClient]:
        return WarehouseClient

    def capabilities(
        self, config: DuckDbClientConfiguration | None = None, naming: NamingConvention | None = None
    ) -> DestinationCapabilitiesContext:
        """DuckDB's hang on no configuration, which dlt would look for in files and variables 35 times in a load."""
        return super().capabilities(config or self.spec(), naming)


def warehouse(path: Path) -> Warehouse:
    credentials = DuckDbCredentials(str(path))
    credentials.global_config, credentials.pragmas = CONFIGURATION, PRAGMAS
    return Warehouse(credentials=credentials, destination_name="warehouse")
