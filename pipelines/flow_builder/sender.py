"""One attempt over HTTP: signed, bounded in time and in what is read of the answer."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from pipelines.flow_builder.retry_policy import AttemptResult
from pipelines.settings import ConfigurationError, Settings
from pipelines.tls import trusted
from pipelines.webhooks import signed_headers

DEADLINE = 20.0  # seconds, of the whole attempt
MAX_READ = 64 * 1024
MAX_KEPT = 2 * 1024
MAX_IN_FLIGHT = 8
USER_AGENT = "servicetitan-flow"


def http_client(transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """Nothing of the environment, no cookies, no redirects."""
    return httpx.AsyncClient(
        transport=transport,
        verify=trusted(),
        trust_env=False,
        follow_redirects=False,
        timeout=DEADLINE,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        limits=httpx.Limits(max_connections=MAX_IN_FLIGHT, max_keepalive_connections=MAX_IN_FLIGHT),
    )


class Sender:
    """``await post(webhook_id, body)`` raises nothing for what the other side or the wire did."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        settings: Settings,
        clock: Callable[[], datetime],
        deadline: float = DEADLINE,
    ) -> None:
        if not settings.flow_builder_trigger_url:
            raise ConfigurationError("FLOW_BUILDER_TRIGGER_URL: not set; expected the address to post to")
        self.client = client
        self.url = settings.flow_builder_trigger_url
        self.secrets = settings.flow_builder_signing_secrets
        self.token = settings.flow_builder_token
        self.clock = clock
        self.deadline = deadline

    async def __call__(self, webhook_id: str, body: bytes) -> AttemptResult:
        started, answer, error = self.clock(), None, "Timeout"
        try:
            async with asyncio.timeout(self.deadline), self.request(webhook_id, body) as response:
                answer = AttemptResult(response.status_code, retry_after=response.headers.get("retry-after"))
                answer = replace(answer, text=await beginning(response))
        except TimeoutError:
            pass
        except (httpx.HTTPError, OSError) as raised:
            error = described(raised)
        took = round((self.clock() - started) / timedelta(milliseconds=1))
        return replace(answer or AttemptResult(error=error), milliseconds=took)

    def request(self, webhook_id: str, body: bytes) -> AbstractAsyncContextManager[httpx.Response]:
        return self.client.stream("POST", self.url, content=body, headers=self.headers(webhook_id, body))

    def headers(self, webhook_id: str, body: bytes) -> dict[str, str]:
        headers = {
            **signed_headers(webhook_id, self.clock(), body, self.secrets),
            "idempotency-key": webhook_id,
            "content-type": "application/json",
            "accept-encoding": "identity",  # what is capped is what is on the wire
            "user-agent": USER_AGENT,
        }
        return headers | ({"authorization": f"Bearer {self.token.get_secret_value()}"} if self.token else {})


async def beginning(response: httpx.Response) -> str:
    read = bytearray()
    async for chunk in response.aiter_raw():
        read += chunk
        if len(read) >= MAX_READ:
            break
    return read[:MAX_KEPT].decode(errors="replace")


def described(error: Exception) -> str:
    """The class; of a failed connection the reason too, in which nothing of the request stands."""
    name = type(error).__name__
    return f"{name}: {error}"[:200] if isinstance(error, httpx.ConnectError) else name
