"""Spans where OpenTelemetry is set up, and what the log says of a call."""

import logging
import sys

import pytest

from bybit_async import AnswerLost, AsyncBybit, Hooks, RequestRejected
from bybit_async.simulator import SimulatedExchange
from bybit_async.transport import telemetry
from tests.transport.raw_server import raw_server


@pytest.fixture
async def exchange():
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"]) as exchange:
        yield exchange


@pytest.fixture
def spans(monkeypatch):
    pytest.importorskip("opentelemetry.sdk")
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    # The global provider can be set once per process only.
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    telemetry._recorder.cache_clear()
    yield exporter
    telemetry._recorder.cache_clear()
    provider.shutdown()


async def test_every_attempt_is_a_span_with_its_outcome(exchange, spans):
    seen = []
    hooks = Hooks(on_response=seen.append)
    async with AsyncBybit(environment=exchange.environment, hooks=hooks, **exchange.new_account(usdt="10")) as bybit:
        await bybit.account.get_account_info()
        with pytest.raises(RequestRejected):
            await bybit.trade.place_order(
                category="linear", symbol="BTCUSDT", side="Buy", order_type="Market", qty="100"
            )
    named = {span.name: span for span in spans.get_finished_spans()}
    fine, refused = named["account.get_account_info"], named["trade.place_order"]
    assert fine.attributes["url.path"] == "/v5/account/info"
    assert fine.attributes["bybit.ret_code"] == 0
    assert fine.attributes["bybit.limit.remaining"] >= 0
    assert fine.end_time > fine.start_time
    assert refused.attributes["bybit.ret_code"] in (110003, 110007)
    assert not refused.status.is_ok
    # The user's own hook still sees everything.
    assert {event.name for event in seen} == set(named)


async def test_spans_belong_to_the_span_that_made_the_call(exchange, spans):
    from opentelemetry import trace

    tracer = trace.get_tracer("a test")
    async with AsyncBybit(environment=exchange.environment) as bybit:
        with tracer.start_as_current_span("outer") as outer:
            await bybit.get_server_time()
    [inner] = [span for span in spans.get_finished_spans() if span.name == "market.get_server_time"]
    assert inner.parent.span_id == outer.get_span_context().span_id


def test_without_opentelemetry_the_hooks_stay_as_they_are(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    telemetry._recorder.cache_clear()
    hooks = Hooks()
    assert telemetry.with_spans(hooks) is hooks
    assert telemetry.with_spans(None) == Hooks()
    telemetry._recorder.cache_clear()


async def test_the_log_needs_no_hook(exchange, caplog, monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    telemetry._recorder.cache_clear()
    with caplog.at_level(logging.DEBUG, logger="bybit_async"):
        async with AsyncBybit(environment=exchange.environment) as bybit:
            await bybit.get_server_time()
    telemetry._recorder.cache_clear()
    assert [record.message for record in caplog.records if "/v5/market/time: ok in" in record.message]


async def test_an_attempt_without_an_answer_is_a_span_without_a_code(spans):
    async def lose(request, writer):
        writer.close()

    async with raw_server(lose) as server, AsyncBybit(environment=server.environment, attempts=1) as bybit:
        with pytest.raises(AnswerLost):
            await bybit.get_server_time()
    [span] = spans.get_finished_spans()
    assert "bybit.ret_code" not in span.attributes
    assert span.status.description == "AnswerLost"


async def test_the_log_tells_latency_and_limit_and_no_secret(exchange, caplog):
    keys = exchange.new_account(usdt="10")
    with caplog.at_level(logging.DEBUG, logger="bybit_async"):
        async with AsyncBybit(environment=exchange.environment, **keys) as bybit:
            await bybit.account.get_account_info()
    [line] = [record.message for record in caplog.records if "/v5/account/info" in record.message]
    assert "GET" in line
    assert " ms" in line
    assert "limit left" in line
    assert keys["api_secret"] not in caplog.text
    assert all(record.name.startswith("bybit_async") for record in caplog.records if "v5" in record.message)
