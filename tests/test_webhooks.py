"""Signatures, as others verify them."""

from datetime import UTC, datetime

import pytest
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from pipelines.webhooks import signed_headers

OLD, NEW, FOREIGN = (f"whsec_{letter * 32}" for letter in "ABC")
BODY = '{"type": "ä"}'.encode()


def signed(*secrets: str) -> dict[str, str]:
    return signed_headers("id-1", datetime.now(UTC), BODY, [SecretStr(secret) for secret in secrets])


@pytest.mark.parametrize("sender", [(OLD,), (NEW, OLD), (OLD, NEW)])
def test_who_knows_the_old_secret_can_verify_through_a_rotation(sender: tuple[str, ...]) -> None:
    assert Webhook(OLD).verify(BODY, signed(*sender)) == {"type": "ä"}


def test_who_knows_the_new_one_can_too() -> None:
    assert Webhook(NEW).verify(BODY, signed(NEW, OLD)) == {"type": "ä"}


@pytest.mark.parametrize("sender", [(OLD,), (NEW,), (NEW, OLD)])
def test_who_knows_neither_cannot(sender: tuple[str, ...]) -> None:
    with pytest.raises(WebhookVerificationError):
        Webhook(FOREIGN).verify(BODY, signed(*sender))


@pytest.mark.parametrize("part", ["webhook-id", "webhook-timestamp"])
def test_id_and_time_are_signed_too(part: str) -> None:
    headers = signed(NEW)
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(BODY, headers | {part: headers[part] + "0"})


def test_the_example_of_the_specification_is_met() -> None:
    secret = SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    moment = datetime.fromtimestamp(1614265330, UTC)
    headers = signed_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", moment, b'{"test": 2432232314}', [secret])
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
