"""Imported by the process that runs are forked off: a derivation's dbt has read the project by then. The settings say
only where its folder is."""

import logging

from orchestration.assets.sync import dbt_folder
from pipelines.derivation.dbt import warm_up
from pipelines.settings import load_settings

try:
    settings = load_settings()
    warm_up(settings.warehouse, dbt_folder(settings))
except Exception as error:  # the run itself says it better, and to more people
    logging.getLogger(__name__).warning("runs start without dbt's part: %s", error)
