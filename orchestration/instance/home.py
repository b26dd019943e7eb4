"""Where Dagster keeps its records."""

import os
import shutil
from pathlib import Path

from pipelines.settings import ConfigurationError, Settings

UNREADABLE = set("?%*[")  # Dagster takes its home for a part of an address, and for a pattern


def dagster_home(settings: Settings) -> Path:
    """``DAGSTER_HOME``, or a folder below ``DATA_DIR`` that is made on first use."""
    home = Path(os.environ.get("DAGSTER_HOME") or settings.data_dir / "dagster").absolute()
    if found := sorted(set(str(home)) & UNREADABLE):
        raise ConfigurationError(
            f"DAGSTER_HOME: found {home}; expected a folder without {' '.join(found)} in its path, which Dagster cannot"
            " read; set it, or another DATA_DIR, in which it lies by default"
        )
    os.environ["DAGSTER_HOME"] = str(home)
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        shutil.copy(Path(__file__).parents[1] / "dagster.yaml", home)
    return home
