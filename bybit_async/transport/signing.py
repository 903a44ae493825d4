"""Signatures over exactly the bytes that are sent: HMAC-SHA256 with a secret, RSA-SHA256 with a private key."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any, Protocol

from bybit_async.errors import InvalidParameter, MissingCredentials
from bybit_async.extras import require
from bybit_async.secret import hidden


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
        api_secret = hidden(api_secret)
        self.api_key: str = _header_safe(api_key, "api_key")
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
        private_key_pem = hidden(private_key_pem)
        require("rsa", "RSA keys")
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import padding, rsa

        self.api_key: str = _header_safe(api_key, "api_key")
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


def signer_from(api_key: str | None, api_secret: str | None, signer: Signer | None = None) -> Signer | None:
    """Return the signer, or the one that fits the secret: RSA for a PEM private key, else HMAC; None for neither.

    Raises:
        InvalidParameter: both are given, or a key or secret that cannot be one.
        MissingCredentials: only one of key and secret is given.
    """
    api_secret = hidden(api_secret)
    if signer is not None:
        if api_key is not None or api_secret is not None:
            raise InvalidParameter("signer", "give either a signer or api_key and api_secret")
        return signer
    if api_key is None and api_secret is None:
        return None
    if not api_key or not api_secret:
        missing = "api_secret" if api_key else "api_key"
        raise MissingCredentials(missing, "api_key and api_secret go together")
    return (RsaSigner if api_secret.lstrip().startswith("-----BEGIN") else HmacSigner)(api_key, api_secret)


def _header_safe(value: str, parameter: str) -> str:
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        raise InvalidParameter(parameter, "empty, or holds characters that no key has")
    return value


def signed_prefix(api_key: str, recv_window: int) -> bytes:
    """Return what a REST request signs between its timestamp and its content (query string or body, as sent)."""
    return b"%b%d" % (api_key.encode(), recv_window)


def stream_payload(expires: int) -> bytes:
    """What a stream's authentication signs."""
    return b"GET/realtime%d" % expires
