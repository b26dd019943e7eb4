"""What settings say together: a value that another one has too, and one that another one needs. A line for each."""

import os
from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.settings.settings import Settings


def doubles(settings: "Settings") -> Iterator[str]:
    for one, other in combinations(settings.servicetitan_tenants.values(), 2):
        if one.id == other.id:
            yield (
                f"{other.variable('ID')}: found {one.id}, as in {one.variable('ID')}: two tenants have the id"
                f" {one.id}; expected an id of its own for each"
            )
    files = {
        "WAREHOUSE_PATH": settings.warehouse,
        "ANALYTICS_PATH": settings.analytics,
        "OPERATIONS_PATH": settings.operations_file,
    }
    for (name, path), (other_name, other_path) in combinations(files.items(), 2):
        if os.path.realpath(path) == os.path.realpath(other_path):
            yield f"{other_name}: found {other_path}, which is the file of {name} too; expected one of its own"


def missing(settings: "Settings") -> Iterator[str]:
    if settings.flow_builder_trigger_url and not settings.flow_builder_signing_secrets:
        yield (
            "FLOW_BUILDER_SIGNING_SECRETS: not set, but FLOW_BUILDER_TRIGGER_URL is;"
            " expected whsec_… (an unsigned address is refused)"
        )
    if settings.lake_data_url and not settings.lake_catalog_url:
        yield "LAKE_CATALOG_URL: not set, but LAKE_DATA_URL is; expected postgresql://user:password@host/database"
    if settings.lake_catalog_url and not settings.lake_data_url:
        yield "LAKE_DATA_URL: not set, but LAKE_CATALOG_URL is; expected s3://bucket/prefix or a folder"
    keys = {"LAKE_S3_KEY_ID": settings.lake_s3_key_id, "LAKE_S3_SECRET": settings.lake_s3_secret}
    if settings.lake_data_url.startswith("s3://"):
        for name in (name for name, value in keys.items() if not value):
            yield f"{name}: not set, but LAKE_DATA_URL is in S3; expected that of a key that may read and write it"
