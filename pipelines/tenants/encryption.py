"""What is stored encrypted: under the first key of SECRETS_KEY, and opened with any of them."""

import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr

from pipelines.settings import ConfigurationError, Settings

MISSING = "SECRETS_KEY is not set"
ANOTHER = "SECRETS_KEY is another one"
WAY_OUT = "set SECRETS_KEY to what `servicetitan-flow secrets-key` prints, keep it as safe as a password, and restart"


class Locked(Exception):
    """No key opens it; the message is one of `MISSING` and `ANOTHER`."""


class SecretsKey:
    def __init__(self, settings: Settings) -> None:
        self._keys = [key.get_secret_value() for key in settings.secrets_key]

    def __bool__(self) -> bool:
        return bool(self._keys)

    def expect(self) -> None:
        """Raises `ConfigurationError` where there is none."""
        if not self._keys:
            raise ConfigurationError(f"{MISSING}: {WAY_OUT}")

    def encrypt(self, secret: SecretStr) -> str:
        return self._fernet().encrypt(secret.get_secret_value().encode()).decode()

    def decrypt(self, stored: str) -> SecretStr:
        """Raises `Locked`."""
        if not self._keys:
            raise Locked(MISSING)
        try:
            return SecretStr(self._fernet().decrypt(stored).decode())
        except InvalidToken:
            raise Locked(ANOTHER) from None

    def digest(self, content: str) -> list[str]:
        """Under each key: it tells whether two contents are the same, and nothing of them to who has no key."""
        return [hmac.digest(key.encode(), content.encode(), "sha256").hex() for key in self._keys]

    def _fernet(self) -> MultiFernet:
        """Raises `ConfigurationError`."""
        self.expect()
        return MultiFernet([Fernet(key) for key in self._keys])


def new_key() -> str:
    return Fernet.generate_key().decode()
