"""The store of what the product must remember and cannot derive again."""

from pipelines.operations.connection import Connection, Cursor, OperationsError
from pipelines.operations.database import (
    MIGRATIONS,
    has_table,
    look_into,
    moment,
    open_operations,
    prove_writable,
    snapshot,
    stamp,
    statements,
    transaction,
    version,
)
from pipelines.operations.sqlite import PATIENCE

__all__ = [
    "MIGRATIONS",
    "PATIENCE",
    "Connection",
    "Cursor",
    "OperationsError",
    "has_table",
    "look_into",
    "moment",
    "open_operations",
    "prove_writable",
    "snapshot",
    "stamp",
    "statements",
    "transaction",
    "version",
]
