"""The snapshot for Prometheus: every metric, what it means, and where its samples come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Literal, NamedTuple

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from bybit_async.bot.monitor.panels import Snapshot

Sample = tuple[tuple[str, ...], "float | int | Decimal | None"]
Family = CounterMetricFamily | GaugeMetricFamily


class Metric(NamedTuple):
    """One metric; a sample that is None is left out.

    Attributes:
        name: as Prometheus shows it; a counter's ends in ``_total``.
        samples: returns the values of the labels, and the value.
    """

    name: str
    kind: Literal["gauge", "counter"]
    meaning: str
    labels: tuple[str, ...]
    samples: Callable[[Snapshot], Iterable[Sample]]


def _one(read: Callable[[Snapshot], float | int | Decimal | None]) -> Callable[[Snapshot], Iterable[Sample]]:
    return lambda snapshot: [((), read(snapshot))]


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


def _ages(snapshot: Snapshot) -> Iterator[Sample]:
    for row in snapshot.trust.data:
        for what in ("price", "candle", "book"):
            yield (row.symbol, what), _seconds(getattr(row, f"{what}_age_ms"))


def _latencies(snapshot: Snapshot) -> Iterator[Sample]:
    for row in snapshot.latency.rows:
        for quantile, value in (("0.5", row.p50), ("0.95", row.p95), ("0.99", row.p99)):
            yield (row.name, quantile), value / 1000


def _signals(snapshot: Snapshot) -> Iterator[Sample]:
    for row in snapshot.breakers.strategies:
        for outcome, count in (("refused", row.refused), ("traded", row.traded)):
            yield (row.strategy_id, outcome), count


_STATES = ("stopped", "running", "paused", "emergency_stopped")

METRICS: tuple[Metric, ...] = (
    Metric("bybit_bot_healthy", "gauge", "1 when nothing is wrong, as `/healthz`", (), _one(lambda s: int(s.healthy))),
    Metric("bybit_bot_problems", "gauge", "reasons why it is not healthy", (), _one(lambda s: len(s.problems))),
    Metric(
        "bybit_bot_state", "gauge", "1 for what the engine is doing, else 0", ("state",),
        lambda s: [((name,), int(s.state.engine == name)) for name in _STATES],
    ),
    Metric(
        "bybit_bot_info", "gauge", "always 1", ("mode", "version"),
        lambda s: [((s.state.mode, s.state.version), 1)],
    ),
    Metric(
        "bybit_bot_uptime_seconds", "gauge", "seconds since the engine started", (), _one(lambda s: s.state.uptime)
    ),
    Metric(
        "bybit_bot_account_synced", "gauge", "1 while the account is what the exchange knows", (),
        _one(lambda s: None if s.trust.synced is None else int(s.trust.synced)),
    ),
    Metric(
        "bybit_bot_data_age_seconds", "gauge", "age of the newest price, candle or book", ("symbol", "kind"), _ages
    ),
    Metric(
        "bybit_bot_book_stale", "gauge", "1 while a book is known to be wrong or incomplete", ("symbol",),
        lambda s: [((row.symbol,), row.book_stale) for row in s.trust.data],
    ),
    Metric("bybit_bot_unknown_orders", "gauge", "orders of unknown outcome", (), _one(lambda s: len(s.trust.unknown))),
    Metric(
        "bybit_bot_clock_offset_seconds", "gauge", "exchange time less local time", (),
        _one(lambda s: _seconds(s.trust.clock_offset_ms)),
    ),
    Metric(
        "bybit_bot_clock_error_seconds", "gauge", "how far the clock may be off after correction", (),
        _one(lambda s: _seconds(s.trust.clock_error_ms)),
    ),
    Metric(
        "bybit_bot_journal_lag_seconds", "gauge", "how long the oldest unwritten row has waited", (),
        _one(lambda s: s.trust.journal_lag),
    ),
    Metric(
        "bybit_bot_journal_rows_total", "counter", "rows written since the engine started", (),
        _one(lambda s: s.trust.journal_writes),
    ),
    Metric(
        "bybit_bot_limit_remaining", "gauge", "requests left, as the newest answer said", ("endpoint",),
        lambda s: [((row.endpoint,), row.remaining) for row in s.trust.limits],
    ),
    Metric("bybit_bot_equity", "gauge", "equity, in the settle coin", (), _one(lambda s: s.equity.equity)),
    Metric(
        "bybit_bot_exposure", "gauge", "value of all positions, in the settle coin", (),
        _one(lambda s: s.positions.exposure),
    ),
    Metric(
        "bybit_bot_worst_exposure", "gauge", "the same when the orders trade that make it worst", (),
        _one(lambda s: s.positions.worst_exposure),
    ),
    Metric(
        "bybit_bot_unprotected_ratio", "gauge", "share of the exposure without a stop at the exchange", (),
        _one(lambda s: s.positions.unprotected),
    ),
    Metric(
        "bybit_bot_position_value", "gauge", "value of a position, in the settle coin", ("symbol", "side"),
        lambda s: [((row.symbol, row.side), row.value) for row in s.positions.rows],
    ),
    Metric(
        "bybit_bot_unrealised_pnl", "gauge", "unrealised profit of a position", ("symbol",),
        lambda s: [((row.symbol,), row.unrealised_pnl) for row in s.positions.rows],
    ),
    Metric("bybit_bot_open_orders", "gauge", "orders that may still trade", (), _one(lambda s: len(s.orders.open))),
    Metric(
        "bybit_bot_breaker_value", "gauge", "what a breaker reads, in the unit of its limit", ("breaker",),
        lambda s: [((row.name,), row.value) for row in s.breakers.rows],
    ),
    Metric(
        "bybit_bot_breaker_limit", "gauge", "its limit", ("breaker",),
        lambda s: [((row.name,), row.limit) for row in s.breakers.rows],
    ),
    Metric(
        "bybit_bot_breaker_tripped", "gauge", "1 while it is tripped", ("breaker",),
        lambda s: [((row.name,), int(row.tripped)) for row in s.breakers.rows],
    ),
    Metric(
        "bybit_bot_signals_total", "counter", "signals by outcome, refused or traded", ("strategy", "outcome"), _signals
    ),
    Metric(
        "bybit_bot_latency_seconds", "gauge", "percentiles of the last 500", ("kind", "quantile"), _latencies
    ),
    Metric(
        "bybit_bot_calls_per_minute", "gauge", "calls to the exchange in the last minute", (),
        _one(lambda s: s.latency.calls),
    ),
    Metric(
        "bybit_bot_errors_per_minute", "gauge", "those of them that failed", (), _one(lambda s: s.latency.errors)
    ),
    Metric(
        "bybit_bot_log_lines_total", "counter", "lines logged as a warning, or as an error or worse", ("level",),
        lambda s: [(("warning",), s.latency.warnings), (("error",), s.latency.failures)],
    ),
)  # fmt: skip
"""Every metric, in the order of the page's panels."""


class _Source(Collector):
    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Family]:
        for metric in METRICS:
            family: Family
            if metric.kind == "counter":
                family = CounterMetricFamily(metric.name.removesuffix("_total"), metric.meaning, labels=metric.labels)
            else:
                family = GaugeMetricFamily(metric.name, metric.meaning, labels=metric.labels)
            for labels, value in metric.samples(self._snapshot):
                if value is not None:
                    family.add_metric(labels, float(value))
            yield family


def exposition(snapshot: Snapshot) -> bytes:
    """Return a snapshot in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Source(snapshot))
    return generate_latest(registry)
