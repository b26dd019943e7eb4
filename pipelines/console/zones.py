"""Time zones as an office names its own: those of the United States first."""

from functools import cache
from zoneinfo import available_timezones

OF_US = {
    "America/Los_Angeles": "Pacific (Los Angeles)",
    "America/Denver": "Mountain (Denver)",
    "America/Phoenix": "Arizona (Phoenix)",
    "America/Chicago": "Central (Chicago)",
    "America/New_York": "Eastern (New York)",
    "America/Anchorage": "Alaska (Anchorage)",
    "Pacific/Honolulu": "Hawaii (Honolulu)",
}


@cache
def others() -> list[str]:
    return sorted(
        zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/") and zone not in OF_US
    )
