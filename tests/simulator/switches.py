"""What public sources leave open about ServiceTitan, or what a test wants otherwise; each can be turned at any time."""

from dataclasses import dataclass
from typing import Literal


@dataclass
class Switches:
    token_seconds: int = 900
    bad_secret_status: Literal[400, 401] = 400
    unauthorized_body: Literal["problem", "empty", "text"] = "problem"
    foreign_tenant_status: Literal[403, 404] = 403
    token_says_scopes: bool = True  # the token's answer lists them
    large_page: Literal["refuse", "clamp"] = "refuse"  # pageSize above 5000
    export_page_size: int = 1000
    visibility_minutes: float = 15
    repeats: bool = True  # includeRecentChanges delivers recent records again beside new ones
    estimates_export: Literal["both", "new", "old"] = "both"  # which spellings of the path exist
    calls_per_second: int = 60
    retry_after: Literal["seconds", "date", "none"] = "seconds"
    contact_value: Literal["exact", "substring"] = "exact"  # how contact-methods compares
    schema: Literal["S12", "S03", "S26"] = "S26"
    gzip: bool = False  # compress for callers who accept it, as ServiceTitan does
    strict: bool = False  # unknown parameters are refused, not only recorded
