"""A backtest on one page: figures with how sure they are, curves, months and trades. The page needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bybit_async.bot.backtesting.days import daily
from bybit_async.bot.backtesting.ledger import BacktestTrade
from bybit_async.bot.backtesting.metrics import DAYS_PER_YEAR, bootstrap
from bybit_async.bot.indicators import Floats
from bybit_async.bot.risk import figures

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

POINTS = 1500
MOST_TRADES = 1000
_FRACTIONS = frozenset(
    ["total_return", "annual_return", "volatility", "value_at_risk", "expected_shortfall", "max_drawdown", "win_rate"]
)
_STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#67707c;--line:#d5dae0;--page:#fff;--up:#0a7f4f;--down:#c0362c}
@media(prefers-color-scheme:dark){
:root{--ink:#e6e9ed;--soft:#98a2ae;--line:#343b44;--page:#14181d;--up:#3ecf8e;--down:#ff7b6b}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);max-width:1000px}
body{margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem}h2{font-size:1.05rem;margin-top:2rem}p{color:var(--soft)}svg{width:100%;height:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.9rem}
td,th{padding:.25rem .6rem;border-bottom:1px solid var(--line);text-align:right}
td:first-child,th:first-child{text-align:left}
.up{color:var(--up)}.down{color:var(--down)}.wide{overflow-x:auto}
"""


class ReportPage(NamedTuple):
    """What is shown; the fields are those of a result."""

    profit: str
    period: tuple[datetime, datetime]
    balance: Decimal
    ambiguous_fills: int
    details: str
    hash: str
    equity: pd.Series[float]
    metrics: Mapping[str, float | None]
    trades: Sequence[BacktestTrade]
    assumptions: Sequence[str]
    stopped: str | None
    seed: int


def html_of(result: ReportPage) -> str:
    """Return the page."""
    days = daily(result.equity)
    notes = "".join(f"<li>{escape(note)}</li>" for note in result.assumptions)
    stopped = f"<p class='down'>Stopped by a breaker at {escape(result.stopped)}.</p>" if result.stopped else ""
    equity = np.asarray(result.equity, dtype=np.float64)
    parts = [
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
        "<meta name='viewport' content='width=device-width,initial-scale=1'><title>Backtest</title>",
        f"<style>{_STYLE}</style></head><body>",
        f"<h1>Profit {escape(result.profit)} USDT, {len(result.trades)} trades, "
        f"{result.ambiguous_fills} ambiguous fills</h1>",
        f"<p>{_day(result.period[0])} to {_day(result.period[1])}, balance {result.balance:f} USDT, "
        f"{escape(result.details)}, hash <code>{result.hash}</code></p>{stopped}",
        f"<h2>Equity</h2>{_curve(equity, 'var(--up)')}",
        f"<h2>Drawdown</h2>{_curve(-figures.drawdowns(equity), 'var(--down)', share=True)}",
        f"<h2>Figures</h2>{_figures(result)}",
        f"<h2>Months</h2><div class='wide'>{_months(days, result)}</div>",
        f"<h2>Trades</h2><div class='wide'>{_trades(result)}</div>",
        f"<h2>Assumptions</h2><ul>{notes}</ul></body></html>",
    ]
    return "\n".join(parts)


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def thinned(values: Floats, most: int = POINTS) -> tuple[Floats, Floats]:
    """Return places and values of at most `most` points; of each stretch its lowest and highest stay."""
    if len(values) <= most:
        return np.arange(len(values), dtype=np.float64), values
    edges = np.linspace(0, len(values), most // 2 + 1).astype(int)
    kept: set[int] = {0, len(values) - 1}
    for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        kept.add(start + int(values[start:end].argmin()))
        kept.add(start + int(values[start:end].argmax()))
    places = np.array(sorted(kept))
    return places.astype(np.float64), values[places]


def _curve(values: Floats, color: str, *, share: bool = False) -> str:
    places, shown = thinned(values)
    low, high = float(shown.min()), float(shown.max())
    span = high - low or 1.0
    across = 920.0 / max(1.0, float(len(values) - 1))
    points = " ".join(
        f"{75 + x * across:.1f},{195 - 185 * (y - low) / span:.1f}" for x, y in zip(places, shown, strict=True)
    )
    labels = "".join(
        f"<text x='70' y='{y}' text-anchor='end' font-size='11' fill='currentColor'>{_shown(value, share=share)}</text>"
        for y, value in ((14, high), (198, low))
    )
    return (
        "<svg viewBox='0 0 1000 205' role='img'>"
        f"{labels}<polyline points='{points}' fill='none' stroke='{color}' stroke-width='1.3'/></svg>"
    )


def _shown(value: float | None, *, share: bool) -> str:
    if value is None:
        return "not known"
    return f"{value:.2%}" if share else f"{value:,.2f}"


def _figures(result: ReportPage) -> str:
    returns = figures.returns_of(np.concatenate([[float(result.balance)], daily(result.equity).to_numpy()]))
    sure = {
        "sharpe_ratio": lambda sample: figures.sharpe_ratio(sample, DAYS_PER_YEAR),
        "sortino_ratio": lambda sample: figures.sortino_ratio(sample, DAYS_PER_YEAR),
        "volatility": lambda sample: figures.volatility(sample, DAYS_PER_YEAR),
        "expected_shortfall": figures.expected_shortfall,
    }
    rows = []
    for name, value in result.metrics.items():
        share = name in _FRACTIONS
        found = bootstrap(returns, sure[name], seed=result.seed) if name in sure else None
        between = "" if found is None else " … ".join(_shown(bound, share=share) for bound in found)
        label = escape(name.replace("_", " "))
        rows.append(f"<tr><td>{label}</td><td>{_shown(value, share=share)}</td><td>{between}</td></tr>")
    head = "<tr><th>figure</th><th>value</th><th>90 % of bootstrapped days</th></tr>"
    return f"<table>{head}{''.join(rows)}</table>"


def _months(days: pd.Series[float], result: ReportPage) -> str:
    last: dict[tuple[int, int], float] = {}
    for closed, value in days.items():
        # A close at midnight is the last of the day before.
        day = datetime.fromtimestamp(closed.timestamp() - 0.001, UTC)  # type: ignore[attr-defined]
        last[day.year, day.month] = float(value)
    before, table = float(result.balance), {}
    for key, value in last.items():
        table[key] = value / before - 1.0
        before = value
    head = "<tr><th>year</th>" + "".join(f"<th>{month}</th>" for month in range(1, 13)) + "</tr>"
    rows = []
    for year in sorted({year for year, _ in table}):
        cells = []
        for month in range(1, 13):
            found = table.get((year, month))
            kind = "" if found is None else "up" if found >= 0 else "down"
            cells.append(f"<td class='{kind}'>{'' if found is None else f'{found:.1%}'}</td>")
        rows.append(f"<tr><td>{year}</td>{''.join(cells)}</tr>")
    return f"<table>{head}{''.join(rows)}</table>"


def _trades(result: ReportPage) -> str:
    head = "<tr><th>opened</th><th>closed</th><th>strategy</th><th>symbol</th><th>side</th><th>size</th>"
    head += "<th>entry</th><th>exit</th><th>fees</th><th>profit</th><th>by</th></tr>"
    rows = []
    for trade in result.trades[:MOST_TRADES]:
        kind = "up" if trade.pnl >= 0 else "down"
        cells = (
            _day(datetime.fromtimestamp(trade.entry_time / 1000, UTC)),
            _day(datetime.fromtimestamp(trade.exit_time / 1000, UTC)),
            trade.strategy_id,
            trade.symbol,
            trade.side,
            f"{trade.qty:f}",
            f"{trade.entry_price:.6g}",
            f"{trade.exit_price:.6g}",
            f"{trade.fees:.2f}",
        )
        shown = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        rows.append(f"<tr>{shown}<td class='{kind}'>{trade.pnl:.2f}</td><td>{trade.exit_reason}</td></tr>")
    more = len(result.trades) - MOST_TRADES
    rest = f"<p>and {more} more; to_frame() has all of them</p>" if more > 0 else ""
    return f"<table>{head}{''.join(rows)}</table>{rest}"


def png_of(result: ReportPage, path: str | Path) -> None:
    """Draw equity and drawdown into a PNG file."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 6), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    equity = np.asarray(result.equity, dtype=np.float64)
    for axes, values, color in ((above, equity, "#0a7f4f"), (below, -figures.drawdowns(equity), "#c0362c")):
        places, shown = thinned(values)
        axes.plot(result.equity.index[places.astype(int)], shown, color=color, linewidth=1)
        axes.grid(visible=True, alpha=0.3)
    above.set_title(f"Profit {result.profit} USDT, {len(result.trades)} trades")
    above.set_ylabel("equity, USDT")
    below.set_ylabel("drawdown")
    figure.savefig(path, dpi=120)
