"""The store of what the product must remember and cannot derive again."""

from pipelines.operations.connection import Connection, Cursor, OperationsError
from pipelines.operations.database import look_into, moment, open_operations, snapshot, stamp, transaction
from pipelines.operations.sqlite import MIGRATIONS, PATIENCE, statements
from pipelines.settings.place import Place, PostgresUrl

__all__ = [
    "MIGRATIONS",
    "PATIENCE",
    "Connection",
    "Cursor",
    "OperationsError",
    "Place",
    "PostgresUrl",
    "look_into",
    "moment",
    "open_operations",
    "snapshot",
    "stamp",
    "statements",
    "transaction",
]
