"""Bodies and frames shaped like Bybit's, with made-up figures; the same for every client."""

from __future__ import annotations

import json
import random
from typing import Any

Levels = dict[int, float]
Message = dict[str, Any]

TICKER: Message = {
    "symbol": "BTCUSDT", "lastPrice": "61234.50", "indexPrice": "61240.18", "markPrice": "61234.60",
    "prevPrice24h": "60906.20", "price24hPcnt": "0.005390", "highPrice24h": "61966.30", "lowPrice24h": "60076.90",
    "prevPrice1h": "61186.60", "openInterest": "52373.724", "openInterestValue": "3207148817.75",
    "turnover24h": "4936790807.6521", "volume24h": "73191.3870", "fundingRate": "-0.000512",
    "nextFundingTime": "1760342400000", "predictedDeliveryPrice": "", "basisRate": "", "deliveryFeeRate": "",
    "deliveryTime": "0", "ask1Size": "3.469", "bid1Price": "61234.50", "ask1Price": "61234.60", "bid1Size": "2.165",
    "basis": "", "preOpenPrice": "", "preQty": "", "curPreListingPhase": "", "fundingIntervalHour": "8",
    "basisRateYear": "", "fundingCap": "0.005",
}  # fmt: skip
INSTRUMENT: Message = {
    "symbol": "BTCUSDT", "symbolId": 5, "contractType": "LinearPerpetual", "status": "Trading", "baseCoin": "BTC",
    "quoteCoin": "USDT", "launchTime": "1585526400000", "deliveryTime": "0", "deliveryFeeRate": "", "priceScale": "2",
    "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"},
    "priceFilter": {"minPrice": "0.10", "maxPrice": "1999999.80", "tickSize": "0.10"},
    "lotSizeFilter": {"maxOrderQty": "1190.000", "minOrderQty": "0.001", "qtyStep": "0.001",
                      "postOnlyMaxOrderQty": "1190.000", "maxMktOrderQty": "500.000", "minNotionalValue": "5"},
    "unifiedMarginTrade": True, "fundingInterval": 480, "settleCoin": "USDT", "copyTrading": "both",
    "upperFundingRate": "0.00375", "lowerFundingRate": "-0.00375", "isPreListing": False, "preListingInfo": None,
    "riskParameters": {"priceLimitRatioX": "0.01", "priceLimitRatioY": "0.02"}, "symbolType": "",
}  # fmt: skip
ORDER_RESULT = {"orderId": "1321003749386327552", "orderLinkId": "benchmark-order"}
TIME = 1760352369814


def dumps(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def envelope(result: Any) -> bytes:
    return dumps({"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": TIME})


def tickers_body(count: int) -> bytes:
    rows = [dict(TICKER, symbol=f"S{number}USDT", lastPrice=f"{61234.5 + number:.2f}") for number in range(count)]
    return envelope({"category": "linear", "list": rows})


def instruments_body() -> bytes:
    return envelope({"category": "linear", "list": [INSTRUMENT], "nextPageCursor": ""})


def klines_body(count: int = 1000) -> bytes:
    chance, price, rows = random.Random(1), 61234.0, []
    for number in range(count):
        opened, price = price, price + chance.uniform(-20, 20)
        rows.append([
            str(1760352360000 - number * 60000), f"{opened:.1f}", f"{max(opened, price) + 3:.1f}",
            f"{min(opened, price) - 3:.1f}", f"{price:.1f}", f"{chance.uniform(1, 500):.3f}",
            f"{chance.uniform(1e5, 3e7):.4f}",
        ])  # fmt: skip
    return envelope({"symbol": "BTCUSDT", "category": "linear", "list": rows})


class _Side:
    """One side of a made-up book on a tick of 0.1: edits lie geometrically near the touch."""

    def __init__(self, chance: random.Random, depth: int, best: int, outwards: int) -> None:
        self.chance, self.depth, self.outwards = chance, depth, outwards
        self.levels: Levels = {best + outwards * step: chance.uniform(0.001, 30) for step in range(depth)}

    def ordered(self) -> list[int]:
        return sorted(self.levels, reverse=self.outwards < 0)

    def rows(self) -> list[list[str]]:
        return [[f"{key / 10:.2f}", f"{self.levels[key]:.3f}"] for key in self.ordered()]

    def change(self, edits: int, other_best: int) -> list[list[str]]:
        touched: dict[int, str] = {}
        keys = self.ordered()
        for _ in range(edits):
            key = keys[min(int(self.chance.expovariate(1 / 15)), len(keys) - 1)]
            if key in touched:
                continue
            if self.chance.random() < 0.2 and len(self.levels) > self.depth - 20:
                del self.levels[key]
                touched[key] = "0"
            else:
                touched[key] = self._put(key)
        while len(self.levels) < self.depth:
            key = self._refill(other_best)
            touched[key] = self._put(key)
        return [[f"{key / 10:.2f}", touched[key]] for key in sorted(touched, reverse=self.outwards < 0)]

    def _put(self, key: int) -> str:
        self.levels[key] = round(self.chance.uniform(0.001, 30), 3)
        return f"{self.levels[key]:.3f}"

    def _refill(self, other_best: int) -> int:
        keys = self.ordered()
        near = keys[0] - self.outwards
        if self.chance.random() < 0.5 and (near - other_best) * self.outwards > 0:
            return near
        return keys[-1] + self.outwards


def book_deltas(count: int, depth: int, *, edits: int = 6, seed: int = 7) -> tuple[Message, list[Message]]:
    """Return a snapshot and deltas that follow it without a gap; the book never crosses."""
    chance = random.Random(seed)
    bids, asks = _Side(chance, depth, 302449, -1), _Side(chance, depth, 302450, 1)
    snapshot = {"s": "BTCUSDT", "b": bids.rows(), "a": asks.rows(), "u": 1, "seq": 1}
    deltas = []
    for number in range(count):
        most = 2 * edits - 1
        changed_bids = bids.change(chance.randint(1, most), asks.ordered()[0])
        changed_asks = asks.change(chance.randint(1, most), bids.ordered()[0])
        deltas.append({"s": "BTCUSDT", "b": changed_bids, "a": changed_asks, "u": number + 2, "seq": 100 + number})
    return snapshot, deltas


def book_message(data: Message, depth: int = 50, *, snapshot: bool = False) -> Message:
    kind = "snapshot" if snapshot else "delta"
    return {"topic": f"orderbook.{depth}.BTCUSDT", "type": kind, "ts": TIME + data["u"], "data": data,
            "cts": TIME + data["u"] - 2}  # fmt: skip


def stream_messages(count: int = 1000) -> list[bytes]:
    """Return a loop of public messages: snapshots first, then half book deltas, a third trades, the rest tickers."""
    chance = random.Random(3)
    snapshot, deltas = book_deltas(count, 50, edits=5)
    ticker = {"topic": "tickers.BTCUSDT", "type": "snapshot", "data": TICKER, "cs": 1, "ts": TIME}
    found = [dumps(book_message(snapshot, snapshot=True)), dumps(ticker)]
    left = iter(deltas)
    for number in range(count):
        kind = chance.random()
        if kind < 0.5:
            message = book_message(next(left))
        else:
            message = _trade(chance, number) if kind < 0.8 else _ticker(chance, number)
        found.append(dumps(message))
    return found


def _trade(chance: random.Random, number: int) -> Message:
    return {
        "topic": "publicTrade.BTCUSDT", "type": "snapshot", "ts": TIME + number,
        "data": [{
            "T": TIME + number - 3, "s": "BTCUSDT", "S": chance.choice(["Buy", "Sell"]),
            "v": f"{chance.uniform(0.001, 3):.3f}", "p": f"{chance.uniform(30000, 31000):.2f}", "L": "PlusTick",
            "i": f"20f43950-d8dd-5b31-9112-{chance.getrandbits(48):012x}", "BT": False, "RPI": False,
            "seq": 1783284617 + number,
        }],
    }  # fmt: skip


def _ticker(chance: random.Random, number: int) -> Message:
    data = {"symbol": "BTCUSDT", "bid1Price": f"{chance.uniform(30000, 31000):.2f}",
            "bid1Size": f"{chance.uniform(0.001, 3):.3f}", "ask1Price": f"{chance.uniform(30000, 31000):.2f}",
            "ask1Size": f"{chance.uniform(0.001, 3):.3f}", "preOpenPrice": ""}  # fmt: skip
    return {"topic": "tickers.BTCUSDT", "type": "delta", "data": data, "cs": 9532239429 + number, "ts": TIME + number}


def text_frame(payload: bytes, first: int = 0x81) -> bytes:
    """Wrap a payload as an unmasked WebSocket frame."""
    size = len(payload)
    if size < 126:
        return bytes([first, size]) + payload
    if size < 65536:
        return bytes([first, 126]) + size.to_bytes(2, "big") + payload
    return bytes([first, 127]) + size.to_bytes(8, "big") + payload
