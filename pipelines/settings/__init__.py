"""Every setting, typed, with its errors worded."""

from pipelines.settings.settings import ConfigurationError, Settings, Tenant, load_settings

__all__ = ["ConfigurationError", "Settings", "Tenant", "load_settings"]
