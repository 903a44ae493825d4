"""API keys: who may call, with which rights, from where, and how a signature is checked."""

from __future__ import annotations

import base64
import hmac
import random
import string
from typing import Any, TypedDict

import msgspec

ALL_PERMISSIONS: dict[str, list[str]] = {
    "ContractTrade": ["Order", "Position"],
    "Spot": ["SpotTrade"],
    "Wallet": ["AccountTransfer", "SubMemberTransfer", "Withdraw"],
    "Options": ["OptionsTrade"],
    "Derivatives": ["DerivativesTrade"],
    "CopyTrading": [],
    "BlockTrade": [],
    "Exchange": ["ExchangeHistory"],
    "NFT": [],
    "Affiliate": [],
    "Earn": [],
    "FiatP2P": [],
    "FiatBitPay": [],
    "FiatConvertBroker": [],
    "BitCard": [],
    "ByXPost": [],
}


class Credentials(TypedDict):
    """What a client signs with; fits ``AsyncBybit(**credentials)``."""

    api_key: str
    api_secret: str


_CHARACTERS = string.ascii_letters + string.digits


class IssuedKey(msgspec.Struct, kw_only=True):
    """One key of an account. `ips` empty means any address; `expires_at` 0 means never (milliseconds otherwise)."""

    key: str
    secret: str
    uid: int
    number: int
    created_at: int
    read_only: bool = False
    permissions: dict[str, list[str]] = msgspec.field(default_factory=lambda: dict(ALL_PERMISSIONS))
    ips: tuple[str, ...] = ()
    expires_at: int = 0
    note: str = "simulated"
    rsa_public_key: str = ""

    def __repr__(self) -> str:
        return f"ApiKey({self.key!r}, uid={self.uid})"

    def may(self, permission: str) -> bool:
        """Return whether the key has a permission: a group (``"Wallet"``) or one of it (``"Wallet/Withdraw"``)."""
        group, _, name = permission.partition("/")
        held = self.permissions.get(group, [])
        return name in held if name else bool(held)

    def accepts(self, payload: bytes, signature: str) -> bool:
        """Return whether `signature` was made over `payload` with this key's secret (or its RSA private key)."""
        if self.rsa_public_key:
            return _verify_rsa(self.rsa_public_key, payload, signature)
        expected = hmac.digest(self.secret.encode(), payload, "sha256").hex()
        return hmac.compare_digest(expected.encode(), signature.encode())


class KeyRing:
    """Every key of the exchange, issued in an order and with letters that depend on the seed alone."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(f"{seed}/keys")
        self._keys: dict[str, IssuedKey] = {}
        self._issued = 0
        self._blocked: set[int] = set()

    def issue(self, uid: int, now: int, **options: Any) -> IssuedKey:
        """Make a new key for the account `uid`; `options` are fields of `IssuedKey`."""
        self._issued += 1
        key = IssuedKey(
            key=self._word(18),
            secret=self._word(36),
            uid=uid,
            number=self._issued,
            created_at=now,
            **options,
        )
        self._keys[key.key] = key
        return key

    def find(self, key: str) -> IssuedKey | None:
        """Return the key, or None when there is no such key."""
        return self._keys.get(key)

    def of(self, uid: int) -> list[IssuedKey]:
        """Return the keys of one account."""
        return [key for key in self._keys.values() if key.uid == uid]

    def revoke(self, key: str) -> None:
        """Forget a key."""
        self._keys.pop(key, None)

    def block(self, uid: int) -> None:
        """Refuse every key of an account from now on."""
        self._blocked.add(uid)

    def unblock(self, uid: int) -> None:
        """Accept the keys of an account again."""
        self._blocked.discard(uid)

    def is_blocked(self, uid: int) -> bool:
        """Return whether the keys of an account are refused."""
        return uid in self._blocked

    def _word(self, length: int) -> str:
        return "".join(self._random.choices(_CHARACTERS, k=length))


def _verify_rsa(public_key: str, payload: bytes, signature: str) -> bool:
    # Imported here because only accounts with an RSA key need the library.
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    loaded = load_pem_public_key(public_key.encode())
    if not isinstance(loaded, RSAPublicKey):
        return False
    try:
        loaded.verify(base64.b64decode(signature, validate=True), payload, PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True
