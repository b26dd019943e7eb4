"""Every setting, typed, with its errors worded."""

from pipelines.settings.settings import ConfigurationError, Settings, Tenant, load_settings
from pipelines.settings.shard import LOCATION, of_shard

__all__ = ["LOCATION", "ConfigurationError", "Settings", "Tenant", "load_settings", "of_shard"]
