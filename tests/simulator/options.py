"""A desk that trades options."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bybit_async.simulator.engine.catalogue import option
from tests.simulator.trading import START_MS, Desk

D = Decimal


EXPIRY = datetime.fromtimestamp(START_MS / 1000 + 24 * 3600, UTC)


CALL = {"category": "option", "symbol": option("BTC", D(60000), EXPIRY, "Call").symbol}


@pytest.fixture
def desk():
    desk = Desk()
    if ("option", CALL["symbol"]) not in desk.engine.listings:
        desk.engine.list_instrument(option("BTC", D(60000), EXPIRY, "Call"))
    desk.engine.set_prices("option", CALL["symbol"], mark="1500", index="60000")
    yield desk
    desk.engine.audit()
