"""Addresses of Redis: what is wrong with one is said at once, by the parameter's name, without what it holds."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import pytest

from bybit_async import AsyncBybit, InvalidParameter, RateLimitSettings
from bybit_async.environments import MAINNET
from bybit_async.errors import MissingExtra
from bybit_async.leases import place_at
from bybit_async.relay import Relay
from tests.secret_locals import CANARY, locals_of

TAKERS: dict[str, Callable[[str], Any]] = {
    "stream_source": lambda address: AsyncBybit(stream_source=address),
    "shared": lambda address: RateLimitSettings(shared=address),
    "redis": lambda address: Relay(MAINNET, address),
    "address": lambda address: place_at(address),
}
BAD = (
    f"http://u:{CANARY}@host",
    f"redis://u:{CANARY}@host:port",
    f"redis://u:{CANARY}@host:99999",
    f"redis://u:{CANARY}@host/first",
    f"rediss://u:{CANARY}@[::1",
    "unix://",
)


@pytest.mark.parametrize("address", BAD)
@pytest.mark.parametrize("parameter", TAKERS)
def test_a_bad_address_names_its_parameter_and_shows_no_password(parameter: str, address: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        TAKERS[parameter](address)
    assert caught.value.parameter == parameter
    assert CANARY not in locals_of(caught.value)


@pytest.mark.parametrize(
    "address", ["redis://h", "redis://:p@h:1/3", "rediss://h?ssl_ca_certs=/x", "unix:///run/r?db=1"]
)
@pytest.mark.parametrize("parameter", TAKERS)
def test_a_good_one_is_taken(parameter: str, address: str) -> None:
    TAKERS[parameter](address)


@pytest.mark.parametrize("parameter", ["stream_source", "shared", "redis"])
def test_without_the_extra_it_is_named(parameter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr("bybit_async.extras.find_spec", lambda name: None if name == "hiredis" else found(name))
    with pytest.raises(MissingExtra, match="redis"):
        TAKERS[parameter]("redis://h")


def test_what_is_kept_does_not_show_it() -> None:
    assert CANARY not in repr(RateLimitSettings(shared=f"redis://:{CANARY}@h"))
