"""The store of what the product must remember and cannot derive again."""

from pipelines.operations.database import (
    MIGRATIONS,
    PATIENCE,
    OperationsError,
    moment,
    open_operations,
    stamp,
    statements,
    transaction,
    version,
    way_out,
)

__all__ = [
    "MIGRATIONS",
    "PATIENCE",
    "OperationsError",
    "moment",
    "open_operations",
    "stamp",
    "statements",
    "transaction",
    "version",
    "way_out",
]
