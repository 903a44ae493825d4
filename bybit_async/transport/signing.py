"""Signatures over exactly the bytes that are sent: HMAC-SHA256 with a secret, RSA-SHA256 with a private key."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any, Protocol

from bybit_async.errors import InvalidParameter


class Signer(Protocol):
    """Holds a key and signs with it. Implement it to keep the secret elsewhere, in a vault or a hardware module."""

    @property
    def api_key(self) -> str:
        """The public half, sent with every signed request."""
        ...

    def sign(self, payload: bytes) -> str:
        """Return the signature of `payload` as Bybit wants it: lowercase hex for HMAC, base64 for RSA."""
        ...


class HmacSigner:
    """Signs with a secret that Bybit generated."""

    __slots__ = ("_state", "api_key")

    def __init__(self, api_key: str, api_secret: str) -> None:
        self.api_key = _header_safe(api_key, "api_key")
        # The keyed state is made once; each signature copies it.
        self._state = hmac.new(_header_safe(api_secret, "api_secret").encode(), digestmod=hashlib.sha256)

    def sign(self, payload: bytes) -> str:
        """Return the lowercase hex HMAC-SHA256 of `payload`."""
        state = self._state.copy()
        state.update(payload)
        return state.hexdigest()

    def __repr__(self) -> str:
        return "HmacSigner(…)"

    def __reduce__(self) -> str:
        raise TypeError("a signer holds a secret and cannot be pickled")


class RsaSigner:
    """Signs with the private half of an RSA key whose public half was given to Bybit; needs the `rsa` extra."""

    __slots__ = ("_key", "_scheme", "api_key")

    def __init__(self, api_key: str, private_key_pem: str) -> None:
        try:
            from cryptography.hazmat.primitives import hashes, serialization
            from cryptography.hazmat.primitives.asymmetric import padding, rsa
        except ImportError as error:
            raise InvalidParameter(
                "api_secret", "an RSA key needs the extra: pip install 'bybit_async[rsa]'"
            ) from error
        self.api_key = _header_safe(api_key, "api_key")
        try:
            key = serialization.load_pem_private_key(private_key_pem.encode(), password=None)
        except (ValueError, TypeError):
            # The parser's own error may quote the key.
            raise InvalidParameter("api_secret", "not a readable unencrypted PEM private key") from None
        if not isinstance(key, rsa.RSAPrivateKey):
            raise InvalidParameter("api_secret", "the PEM holds no RSA key")
        self._key = key
        self._scheme: tuple[Any, Any] = (padding.PKCS1v15(), hashes.SHA256())

    def sign(self, payload: bytes) -> str:
        """Return the base64 RSA-SHA256 (PKCS #1 v1.5) signature of `payload`."""
        return base64.b64encode(self._key.sign(payload, *self._scheme)).decode()

    def __repr__(self) -> str:
        return "RsaSigner(…)"

    def __reduce__(self) -> str:
        raise TypeError("a signer holds a secret and cannot be pickled")


def signer_for(api_key: str, api_secret: str) -> Signer:
    """Return the signer that fits the secret: RSA for a PEM private key, else HMAC."""
    if api_secret.lstrip().startswith("-----BEGIN"):
        return RsaSigner(api_key, api_secret)
    return HmacSigner(api_key, api_secret)


def _header_safe(value: str, parameter: str) -> str:
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        raise InvalidParameter(parameter, "empty, or holds characters that no key has")
    return value


def rest_payload(timestamp: int, api_key: str, recv_window: int, content: bytes) -> bytes:
    """What a REST request signs: `content` is the query string or the JSON body, byte for byte as sent."""
    return b"%d%b%d%b" % (timestamp, api_key.encode(), recv_window, content)


def stream_payload(expires: int) -> bytes:
    """What a stream's authentication signs."""
    return b"GET/realtime%d" % expires
