"""What has to be on the disk before anybody relies on it."""

import os
from pathlib import Path


def flush(path: Path) -> None:
    """To the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
