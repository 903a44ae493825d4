"""A secret is in no frame's locals, whatever fails and wherever: crash reporters send them."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

import bybit_async
from bybit_async import AsyncBybit, Bybit, Environment
from bybit_async.pybit.unified_trading import HTTP, WebSocket, WebSocketTrading
from bybit_async.secret import Secret, hidden
from bybit_async.stream.settings import StreamSettings
from bybit_async.transport.hooks import Hooks
from bybit_async.transport.signing import HmacSigner, RsaSigner, signer_from
from tests.secret_locals import CANARY, locals_of

NOWHERE = Environment(
    name="nowhere", rest_url="http://127.0.0.1:1", public_url="ws://127.0.0.1:1", private_url="ws://127.0.0.1:1",
    trade_url="ws://127.0.0.1:1",
)  # fmt: skip


def _pem() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


ELLIPTIC = _pem()
BAD_PEM = f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----"

SECRETS = [f"{CANARY} with spaces", f"{CANARY}\n", f"{CANARY}ü", BAD_PEM, ELLIPTIC]
MAKERS: dict[str, Callable[[str], Any]] = {
    "AsyncBybit": lambda secret: AsyncBybit(api_key="K", api_secret=secret),
    "Bybit": lambda secret: Bybit(api_key="K", api_secret=secret),
    "pybit HTTP": lambda secret: HTTP(api_key="K", api_secret=secret),
    "pybit WebSocket": lambda secret: WebSocket(channel_type="private", api_key="K", api_secret=secret),
    "pybit WebSocketTrading": lambda secret: WebSocketTrading(api_key="K", api_secret=secret),
    "HmacSigner": lambda secret: HmacSigner("K", secret) if not secret.startswith("-") else RsaSigner("K", secret),
    "signer_from": lambda secret: signer_from("K", secret),
}
OPTIONS: dict[str, dict[str, Any]] = {
    "environment and testnet": {"environment": NOWHERE, "testnet": True},
    "recv_window": {"recv_window": 0},
    "timeout": {"timeout": 0},
    "on_unknown": {"on_unknown": "perhaps"},
    "region": {"region": "nowhere"},
    "environment": {"environment": "nowhere"},
    "a name that does not exist": {"nonsense": 1},
    "no key": {"api_key": None},
    "an empty key": {"api_key": ""},
    "a key that is none": {"api_key": "a b"},
    "a signer too": {"signer": HmacSigner("K", "S")},
}


@pytest.mark.parametrize("secret", SECRETS, ids=["space", "newline", "letter", "bad PEM", "other PEM"])
@pytest.mark.parametrize("maker", MAKERS)
def test_an_unusable_secret_is_in_no_frame(maker: str, secret: str) -> None:
    with pytest.raises(bybit_async.InvalidParameter) as caught:
        MAKERS[maker](secret)
    told = locals_of(caught.value)
    assert "Secret('…')" in told, "the frames were looked at"
    for needle in (CANARY, *secret.splitlines()[1:2]):
        assert needle not in told


@pytest.mark.parametrize("what", OPTIONS)
@pytest.mark.parametrize("session", [AsyncBybit, Bybit], ids=lambda cls: cls.__name__)
def test_a_good_secret_beside_a_bad_argument_is_in_no_frame(session: Any, what: str) -> None:
    options = {"api_key": "K", "api_secret": CANARY} | OPTIONS[what]
    with pytest.raises((bybit_async.InvalidParameter, TypeError)) as caught:
        session(**options)
    assert CANARY not in locals_of(caught.value)


@pytest.mark.parametrize("session", [AsyncBybit, Bybit], ids=lambda cls: cls.__name__)
def test_a_secret_of_the_environment_is_in_no_frame(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BYBIT_API_KEY", "K")
    monkeypatch.setenv("BYBIT_API_SECRET", f"{CANARY} ")
    for options in ({}, {"recv_window": 0}, {"environment": "nowhere"}):
        with pytest.raises(bybit_async.InvalidParameter) as caught:
            session.from_env(**options)
        assert CANARY not in locals_of(caught.value)


async def test_no_frame_of_a_failing_call_holds_it() -> None:
    seen: list[str] = []
    hooks = Hooks(on_request=lambda event: seen.append(repr(event)))
    settings = StreamSettings(first_connect=0.05, backoff=0.01, proxy=None)
    async with AsyncBybit(
        environment=NOWHERE, api_key="K", api_secret=CANARY, attempts=2, hooks=hooks, stream_settings=settings
    ) as bybit:
        bybit.clock.learn(0, 0, 1_700_000_000_000)
        calls = [
            bybit.account.get_wallet_balance(timeout=1),
            bybit.order_entry.connect(1),
            bybit.stream.orders().ready(1),
        ]
        for error in await asyncio.gather(*calls, return_exceptions=True):
            assert isinstance(error, bybit_async.BybitError)
            assert CANARY not in locals_of(error)
    assert seen
    assert CANARY not in "\n".join(seen)


@pytest.mark.parametrize("session", [AsyncBybit, Bybit], ids=lambda cls: cls.__name__)
def test_a_session_whose_constructor_failed_has_a_repr(session: Any) -> None:
    made = session.__new__(session)
    with pytest.raises(bybit_async.InvalidParameter):
        made.__init__(api_key="K", api_secret=CANARY, recv_window=0)
    assert "not opened" in repr(made)
    bare = session.__new__(session)
    assert "not opened" in repr(bare)


def test_a_secret_shows_itself_nowhere_and_still_works() -> None:
    secret = hidden(CANARY)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r}", f"{secret:>40}", "%s" % secret, repr({"s": secret})]  # noqa: UP031
    assert CANARY not in "".join(shown)
    assert secret == CANARY
    assert secret.encode() == CANARY.encode()
    assert hidden(secret) is secret
    assert hidden(None) is None
    assert hidden(12) == ""  # type: ignore[call-overload]
    assert isinstance(secret, Secret)
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    assert HmacSigner("K", secret).sign(b"x") == HmacSigner("K", CANARY).sign(b"x")
