"""A view ends at the last closed candle."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bybit_async.bot.strategies import View
from tests.bot.strategies.making import D


def test_what_it_shows() -> None:
    view = View("BTCUSDT", {"close": np.array([1.0, 2.0, 3.0, 4.0])}, index=2, time_ms=5)
    assert (view["close"], view.ago("close", 2), len(view)) == (3.0, 1.0, 3)
    assert math.isnan(view.ago("close", 3))
    assert view.last("close", 2).tolist() == [2.0, 3.0]
    assert view.last("close", 9).tolist() == [1.0, 2.0, 3.0]
    view.move(3, 6)
    assert (view["close"], view.time_ms) == (4.0, 6)
    assert View("BTCUSDT", {"close": [1.0, 2.0]})["close"] == 2.0


def test_there_is_no_looking_ahead() -> None:
    view = View("BTCUSDT", {"close": np.array([1.0, 2.0, 3.0])}, index=1)
    with pytest.raises(ValueError, match="no looking ahead"):
        view.ago("close", -1)
    with pytest.raises(ValueError, match="candles must be 1 or more"):
        view.last("close", 0)
    with pytest.raises(ValueError, match="read-only"):
        view.last("close", 1)[0] = 9.0


def test_what_is_wanted() -> None:
    view = View("BTCUSDT", {"close": [1.0]}, position=D(-2))
    leaving = view.close()
    assert leaving is not None
    assert (leaving.action, leaving.reduce_only, leaving.quantity) == ("BUY", True, None)
    view.position = D(0)
    assert view.close() is None
    assert view.sell(D(1), price=3, stop_loss=4, take_profit=2)[:5] == ("SELL", D(1), 3, 4, 2)
