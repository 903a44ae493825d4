"""Replay: recorded frames and trades come out as they went in, at their time, and orders trade with them."""

import csv
import gzip
import json
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest

from bybit_async.simulator import RecordingError, SimulatedExchange

from .raw_client import RawClient

START = 1_760_000_000_000
RECORDED = 1_733_000_000_000
SPEC = {"category": "linear", "symbol": "XRPUSDT"}
CAPTURE = Path(__file__).parents[3] / "shared" / "replay" / "orderbook-500-XRPUSDT-2024-12-01.ndjson"
TOPIC = "orderbook.50.XRPUSDT"


def frame(offset, kind, bids, asks, u, topic=TOPIC):
    data = {"s": "XRPUSDT", "b": bids, "a": asks, "u": u, "seq": 1000 + u}
    return {"topic": topic, "type": kind, "ts": RECORDED + offset, "data": data, "cts": RECORDED + offset - 5}


FRAMES = [
    frame(0, "snapshot", [["0.7000", "1000"], ["0.6999", "500"]], [["0.7001", "800"], ["0.7002", "900"]], 41),
    frame(100, "delta", [["0.6999", "0"], ["0.6998", "250"]], [["0.7001", "300"]], 42),
    frame(350, "delta", [["0.7000", "0"]], [["0.7001", "0"], ["0.6999", "77"]], 43),
    frame(1000, "snapshot", [["0.7100", "10"]], [["0.7101", "20"]], 44),
]
TRADES = [
    (0, "Buy", "100", "0.7000"),
    (40, "Sell", "20.5", "0.6990"),
    (900, "Buy", "3000", "0.7300"),
]


@pytest.fixture
def capture(tmp_path):
    path = tmp_path / "book.ndjson"
    path.write_text("".join(json.dumps(entry) + "\n" for entry in FRAMES))
    return path


@pytest.fixture
def trades(tmp_path):
    path = tmp_path / "XRPUSDT.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["timestamp", "symbol", "side", "size", "price", "tickDirection", "trdMatchID"])
        for number, (offset, side, size, price) in enumerate(TRADES):
            writer.writerow(
                [f"{(RECORDED + offset) / 1000:.4f}", "XRPUSDT", side, size, price, "PlusTick", f"t-{number}"]
            )
    return path


@pytest.fixture
async def stage(session):
    async with SimulatedExchange(seed=7, manual=True, start=START, symbols=["XRPUSDT", "BTCUSDT"]) as exchange:
        yield exchange, RawClient(exchange, session, exchange.new_account(usdt="100000"))
        exchange.engine.audit()


async def frames(socket, topic, count):
    return [await socket.topic(topic) for _ in range(count)]


def moved(recorded, shift, factor=1):
    """Return a recorded frame as it is to be sent: the same, at another time."""
    times = {name: START + shift + (recorded[name] - RECORDED) // factor for name in ("ts", "cts")}
    return {**recorded, **times}


async def levels(client, limit=50):
    book = await client.result("/v5/market/orderbook", **SPEC, limit=limit)
    return {Decimal(p): Decimal(q) for p, q in book["b"]}, {Decimal(p): Decimal(q) for p, q in book["a"]}


@pytest.mark.parametrize("speed", [1, 2])
async def test_frames_are_sent_as_recorded_with_their_timing(stage, capture, speed):
    exchange, client = stage
    async with client.socket("linear") as socket:
        await socket.subscribe(TOPIC)
        await socket.topic(TOPIC, "snapshot")
        replay = exchange.replay(capture, speed=speed)
        assert await frames(socket, TOPIC, 1) == [moved(FRAMES[0], 0, speed)]
        await exchange.advance(350 // speed - 1)
        assert replay.played == 2
        await exchange.advance(1)
        assert replay.played == 3
        assert await frames(socket, TOPIC, 2) == [moved(entry, 0, speed) for entry in FRAMES[1:3]]
        assert not replay.finished
        await exchange.advance(650)
        assert await frames(socket, TOPIC, 1) == [moved(FRAMES[3], 0, speed)]
    assert replay.finished
    assert (replay.played, replay.skipped, replay.topics) == (4, 0, [TOPIC])
    await replay.wait()


async def test_a_late_subscriber_begins_with_the_recorded_book_as_it_is_now(stage, capture):
    exchange, client = stage
    exchange.replay(capture)
    await exchange.advance(200)
    async with client.socket("linear") as socket:
        await socket.subscribe(TOPIC)
        first = await socket.topic(TOPIC)
        await exchange.advance(200)
        assert (await socket.topic(TOPIC)) == moved(FRAMES[2], 0)
    assert first["type"] == "snapshot"
    assert first["data"]["u"] == 42
    assert first["data"]["b"] == [["0.7000", "1000"], ["0.6998", "250"]]
    assert first["data"]["a"] == [["0.7001", "300"], ["0.7002", "900"]]


async def test_every_other_depth_and_rest_show_the_same_book(stage, capture):
    exchange, client = stage
    async with client.socket("linear") as socket:
        exchange.replay(capture)
        await exchange.advance(200)
        await socket.subscribe("orderbook.200.XRPUSDT", "orderbook.1.XRPUSDT")
        deep = await socket.topic("orderbook.200.XRPUSDT", "snapshot")
        touch = await socket.topic("orderbook.1.XRPUSDT", "snapshot")
    assert [[float(n) for n in level] for level in deep["data"]["b"]] == [[0.7, 1000], [0.6998, 250]]
    assert [float(n) for n in touch["data"]["a"][0]] == [0.7001, 300]
    await exchange.advance(200)
    bids, asks = await levels(client)
    assert (bids, asks) == ({Decimal("0.6998"): 250}, {Decimal("0.6999"): 77, Decimal("0.7002"): 900})
    ticker = (await client.result("/v5/market/tickers", **SPEC))["list"][0]
    assert float(ticker["markPrice"]) == pytest.approx(0.69985, abs=0.0001)


async def test_orders_trade_with_the_recorded_book(stage, capture):
    exchange, client = stage
    exchange.replay(capture)
    order = {**SPEC, "side": "Buy", "orderType": "Market", "qty": "900"}
    await client.done("/v5/order/create", **order)
    fills = (await client.result("/v5/execution/list", **SPEC))["list"]
    assert {(fill["execPrice"], fill["execQty"]) for fill in fills} == {("0.7001", "800"), ("0.7002", "100")}
    assert (await levels(client))[1] == {Decimal("0.7002"): 800}
    resting = {**SPEC, "side": "Sell", "orderType": "Limit", "qty": "30", "price": "0.705"}
    await client.done("/v5/order/create", **resting)
    await exchange.advance("1s")
    live = (await client.result("/v5/order/realtime", **SPEC))["list"][0]
    assert (live["orderStatus"], live["cumExecQty"], live["avgPrice"]) == ("PartiallyFilled", "10", "0.705")


async def test_trades_are_published_and_prices_follow_them(stage, trades):
    exchange, client = stage
    async with client.socket("linear") as socket:
        await socket.subscribe("publicTrade.XRPUSDT")
        replay = exchange.replay(trades)
        await client.done("/v5/order/create", **SPEC, side="Sell", orderType="Limit", qty="10", price="0.72")
        await exchange.advance("1s")
        seen = []
        while len(seen) < len(TRADES):
            seen += [t for t in (await socket.topic("publicTrade.XRPUSDT"))["data"] if t["i"].startswith("t-")]
    assert [(t["T"] - START, t["S"], t["v"], t["p"]) for t in seen] == [
        (offset, side, size, price) for offset, side, size, price in TRADES
    ]
    assert replay.finished
    assert exchange.orders[-1].status == "Filled", "the price went through it"
    ticker = (await client.result("/v5/market/tickers", **SPEC))["list"][0]
    assert float(ticker["markPrice"]) == pytest.approx(0.73)
    recent = (await client.result("/v5/market/recent-trade", **SPEC, limit=50))["list"]
    assert {"t-0", "t-1", "t-2"} <= {trade["execId"] for trade in recent}


async def test_nobody_but_the_recording_trades(stage, trades):
    exchange, client = stage
    exchange.replay(trades)
    before = {t["execId"] for t in (await client.result("/v5/market/recent-trade", **SPEC))["list"]}
    await exchange.advance("1m")
    after = {t["execId"] for t in (await client.result("/v5/market/recent-trade", **SPEC))["list"]}
    assert after - before == {"t-1", "t-2"}


async def test_files_are_merged_by_time(stage, capture, trades):
    exchange, client = stage
    async with client.socket("linear") as socket:
        await socket.subscribe("publicTrade.XRPUSDT", TOPIC)
        exchange.replay(capture, trades)
        await exchange.advance("2s")
        order = []
        while len(order) < len(FRAMES) + len(TRADES):
            message = await socket.until(
                lambda m: m.get("data", {}) and (m["topic"] != TOPIC or m["data"]["u"] in range(41, 45))
            )
            order.append("book" if message["topic"] == TOPIC else "trade")
    assert order == ["book", "trade", "trade", "book", "book", "trade", "book"]


async def test_frames_of_trades_and_rows_of_rest_are_understood(stage, tmp_path):
    exchange, client = stage
    stream = {"T": RECORDED, "s": "XRPUSDT", "S": "Buy", "v": "5", "p": "0.7", "L": "PlusTick", "i": "a", "BT": False}
    rest = {"execId": "b", "symbol": "XRPUSDT", "price": "0.71", "size": "6", "side": "Sell", "time": str(RECORDED + 1)}
    lines = [
        {"success": True, "op": "subscribe"},
        {"topic": "publicTrade.XRPUSDT", "type": "snapshot", "ts": RECORDED, "data": [stream, {**stream, "i": "c"}]},
        {"topic": "tickers.XRPUSDT", "type": "snapshot", "ts": RECORDED, "data": {}},
        rest,
    ]
    path = tmp_path / "mixed.ndjson.gz"
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, lines)).encode()))
    replay = exchange.replay(path)
    await exchange.advance(10)
    assert replay.played == 3
    recent = (await client.result("/v5/market/recent-trade", **SPEC, limit=3))["list"]
    assert {trade["execId"] for trade in recent} == {"a", "b", "c"}


async def test_spot_files_take_their_symbol_from_the_caller(stage, tmp_path):
    exchange, client = stage
    path = tmp_path / "spot.csv"
    path.write_text(f"id,timestamp,price,volume,side\n9,{RECORDED},0.71,12.5,buy\n")
    with pytest.raises(RecordingError, match="no symbol"):
        exchange.replay(path, category="spot")
    exchange.replay(path, category="spot", symbol="XRPUSDT")
    trade = (await client.result("/v5/market/recent-trade", category="spot", symbol="XRPUSDT", limit=1))["list"][0]
    assert (trade["execId"], trade["price"], trade["size"], trade["side"]) == ("9", "0.71", "12.5", "Buy")


async def test_stop_gives_the_symbol_back(stage, capture):
    exchange, client = stage
    before = float((await client.result("/v5/market/tickers", **SPEC))["list"][0]["markPrice"])
    async with client.socket("linear") as socket:
        await socket.subscribe(TOPIC)
        replay = exchange.replay(capture)
        await exchange.advance(500)
        await socket.until(lambda m: m.get("topic") == TOPIC and m["data"]["u"] == 43)
        replay.stop()
        replay.stop()
        await exchange.advance(500)
        reset = await socket.topic(TOPIC)
        assert (reset["type"], reset["data"]["u"], len(reset["data"]["b"])) == ("snapshot", 1, 50)
        assert (await socket.topic(TOPIC, "delta"))["data"]["u"] == 2
    assert replay.finished
    assert replay.played == 3
    after = float((await client.result("/v5/market/tickers", **SPEC))["list"][0]["markPrice"])
    assert after == pytest.approx(before, rel=0.01)


async def test_deltas_before_the_first_snapshot_are_passed_over(stage, tmp_path):
    exchange, _ = stage
    path = tmp_path / "late.ndjson"
    path.write_text("".join(json.dumps(entry) + "\n" for entry in FRAMES[1:]))
    replay = exchange.replay(path)
    await exchange.advance("1s")
    assert (replay.played, replay.skipped) == (1, 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ('{"topic": "tickers.XRPUSDT", "data": {}}\n', "no order book frame"),
        ("not json\nat all\n", "line 2"),
        ('{"topic": "orderbook.50.XRPUSDT"}\n', "line 1"),
        (json.dumps({**FRAMES[0], "data": {**FRAMES[0]["data"], "s": "NONE"}}), "cannot replay linear NONE"),
        (json.dumps(frame(0, "snapshot", [["0.70005", "1"]], [], 1)), "between the ticks"),
    ],
)
async def test_what_cannot_be_replayed_is_refused(stage, tmp_path, text, message):
    path = tmp_path / "odd.ndjson"
    path.write_text(text)
    with pytest.raises(RecordingError, match=message):
        stage[0].replay(path)


async def test_a_broken_line_ends_the_replay_and_tells_who_waits(stage, capture):
    exchange, client = stage
    capture.write_text(capture.read_text() + '{"topic": "orderbook.50.XRPUSDT", "ts": 1\n')
    replay = exchange.replay(capture)
    await exchange.advance("2s")
    with pytest.raises(RecordingError, match="line 5"):
        await replay.wait()
    assert replay.played == 4
    assert await levels(client) == ({Decimal("0.71"): 10}, {Decimal("0.7101"): 20})


async def test_a_file_that_is_not_there_and_an_exchange_that_is_not_open(stage, tmp_path):
    with pytest.raises(FileNotFoundError):
        stage[0].replay(tmp_path / "none.ndjson")
    with pytest.raises(RuntimeError, match="open"):
        SimulatedExchange(symbols=["XRPUSDT"]).replay(tmp_path / "none.ndjson")


async def test_the_public_archive_can_be_replayed(stage, session, tmp_path):
    exchange, client = stage
    url = f"{exchange.environment.archive_url}/orderbook/linear/XRPUSDT/2025-06-01_XRPUSDT_ob200.data.zip"
    async with session.get(url) as response:
        path = tmp_path / "2025-06-01_XRPUSDT_ob200.data.zip"
        path.write_bytes(await response.read())
    with zipfile.ZipFile(path) as archive:
        lines = archive.read(archive.namelist()[0]).splitlines()[:4]
    async with client.socket("linear") as socket:
        await socket.subscribe("orderbook.200.XRPUSDT")
        await socket.topic("orderbook.200.XRPUSDT")
        exchange.replay(path, speed=100)
        await exchange.advance("1s")
        for line in map(json.loads, lines):
            got = await socket.until(lambda m, line=line: m.get("data", {}).get("u") == line["data"]["u"])
            assert (got["data"], got["type"]) == (line["data"], line["type"])


async def test_the_same_replay_is_the_same_bytes_twice(session, capture, trades):
    async def once():
        async with SimulatedExchange(seed=3, manual=True, start=START, symbols=["XRPUSDT"]) as exchange:
            client = RawClient(exchange, session, exchange.new_account(usdt="1000"))
            exchange.replay(capture, trades)
            async with client.socket("linear") as socket:
                await socket.subscribe(TOPIC, "orderbook.1.XRPUSDT", "publicTrade.XRPUSDT", "tickers.XRPUSDT")
                answer = await client.post(
                    "/v5/order/create", **SPEC, side="Buy", orderType="Limit", qty="50", price="0.7001"
                )
                await exchange.advance("3s")
                said = [answer]
                await socket.send(op="ping")
                await socket.until(lambda m: said.append(m) or m.get("ret_msg") == "pong")
            return [{**entry, "conn_id": ""} for entry in said]

    first = await once()
    assert len(first) > 15
    assert first == await once()


def real_frames():
    return [json.loads(line) for line in CAPTURE.read_text().splitlines()]


@pytest.mark.skipif(not CAPTURE.exists(), reason="the capture is not part of the repository")
async def test_a_real_capture_drives_streams_and_the_book(stage):
    exchange, client = stage
    recorded = real_frames()
    topic = "orderbook.500.XRPUSDT"
    replay = exchange.replay(CAPTURE)
    got = []
    async with client.socket("linear") as socket:
        await socket.subscribe(topic)
        await exchange.advance("5s")
        while len(got) < len(recorded):
            got.append(await socket.topic(topic))
    assert replay.finished
    assert [entry["data"] for entry in got] == [entry["data"] for entry in recorded]
    assert [entry["ts"] - START for entry in got] == [entry["ts"] - recorded[0]["ts"] for entry in recorded]
    book = {"b": {}, "a": {}}
    for entry in recorded:
        for side, shown in book.items():
            shown.update({Decimal(p): Decimal(q) for p, q in entry["data"][side]})
    want = [{p: q for p, q in book[side].items() if q} for side in ("b", "a")]
    listing = exchange.engine.listing("linear", "XRPUSDT")
    assert [dict(side) for side in listing.depth(2_000)] == want
