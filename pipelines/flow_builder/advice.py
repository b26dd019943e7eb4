"""Where to look when Flow Builder does not take what it is sent. The address's path and query may be secret."""

import re
from urllib.parse import urlsplit

ADVICE = {
    r"HTTP 3\d\d": "{address} answers with a redirect, which is not followed: set the address that it leads to",
    r"HTTP 40[13]": "compare FLOW_BUILDER_TOKEN and FLOW_BUILDER_SIGNING_SECRETS with Flow Builder's",
    r"HTTP 4(04|10)": "{address} knows no such path: compare it with Flow Builder's",
    r"HTTP 405": "{address} takes no POST there: compare its path with Flow Builder's",
    r"HTTP (429|503)": "Flow Builder is busy; what is due waits",
    r"HTTP 4\d\d": "Flow Builder refuses what it is sent; its log says why",
    r"HTTP ": "Flow Builder failed; its log says why",
    r"Connect\w+: .*(CERTIFICATE|SSL|TLS)": "see to the certificate of {address}",
    r"Connect": "nobody answers there: see that Flow Builder runs, and compare {address} with its",
    r"": "Flow Builder did not answer as HTTP does, or not in time: see that it runs at {address}",
}


def advice(problem: str, trigger_url: str | None) -> str:
    """``problem``: as `pipelines.flow_builder.retry_policy.AttemptResult` says it."""
    words = next(words for pattern, words in ADVICE.items() if re.match(pattern, problem))
    return words.format(address=f"FLOW_BUILDER_TRIGGER_URL ({host(trigger_url)})")


def host(url: str | None) -> str:
    parts = urlsplit(url or "")
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}" if parts.hostname else "not set"
