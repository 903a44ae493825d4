"""A seal holds for its own key, name and message, and is never shown."""

from __future__ import annotations

import pickle

import pytest

from bybit_async.stream.relayed.seal import Seal
from bybit_async.transport.signing import HmacSigner


def test_a_seal_holds_for_one_key_one_name_and_one_message() -> None:
    seal, other = Seal(HmacSigner("K", "S")), Seal(HmacSigner("K", "T"))
    sealed = seal.close(b"order", b"filled")
    assert seal.open(b"order", sealed) == b"filled"
    assert seal.open(b"wallet", sealed) is None
    assert seal.open(b"order", sealed[:-1] + b"D") is None
    assert other.open(b"order", sealed) is None
    assert other.account != seal.account


def test_a_seal_is_neither_shown_nor_pickled() -> None:
    seal = Seal(HmacSigner("K", "S"))
    assert repr(seal) == "<Seal>"
    with pytest.raises(TypeError, match="holds a secret"):
        pickle.dumps(seal)
