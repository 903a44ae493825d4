"""What only holders of an account's secret can make: its names in Redis, and a seal on each message."""

from __future__ import annotations

import hashlib
import hmac

from bybit_async.transport.signing import Signer

_SIGNED = b"bybit_async: the relay of this account"
_SIZE = 16


class Seal:
    """Everyone who may use a Redis server can read and publish there; what they publish does not pass for an account's.

    Both halves follow from one signature of the key, from which nothing leads back to the secret. Relay and consumers
    must hold the same key, and its signer must give the same signature for the same content, as HMAC and RSA do.

    Args:
        signer: the key of the account.

    Attributes:
        account: the account's name in Redis; a digest.
    """

    def __init__(self, signer: Signer) -> None:
        root = hashlib.blake2b(signer.sign(_SIGNED).encode()).digest()
        self.account: str = hashlib.blake2b(root, digest_size=16, person=b"name").hexdigest()
        self._key = hashlib.blake2b(root, digest_size=32, person=b"seal").digest()

    def close(self, name: bytes, message: bytes) -> bytes:
        """Return a message with its seal, which holds under this name only."""
        return self._made(name, message) + message

    def open(self, name: bytes, sealed: bytes) -> bytes | None:
        """Return the message; None unless a holder of the secret published it, under this name."""
        message = sealed[_SIZE:]
        return message if hmac.compare_digest(sealed[:_SIZE], self._made(name, message)) else None

    def _made(self, name: bytes, message: bytes) -> bytes:
        digest = hashlib.blake2b(name, digest_size=_SIZE, key=self._key)
        digest.update(b"\0" + message)
        return digest.digest()

    def __repr__(self) -> str:
        return "<Seal>"

    def __reduce__(self) -> str:
        raise TypeError("a seal holds a secret and cannot be pickled")
