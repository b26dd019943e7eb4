"""Whom we trust over TLS."""

from functools import cache
from ssl import SSLContext


@cache
def trusted() -> SSLContext:
    """The certificates that httpx trusts, whatever the environment says; shared, for it takes 20 ms to read them."""
    import httpx

    return httpx.create_ssl_context(trust_env=False)
