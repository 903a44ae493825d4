"""Candles as a picture: an interactive page that works offline, or a PNG."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bybit_async.data.intervals import length_of
from bybit_async.errors import InvalidParameter
from bybit_async.extras import require

if TYPE_CHECKING:
    import pandas

_UP, _DOWN = "#089981", "#f23645"
_INK, _GRID, _PAPER = "#131722", "#e6e8ee", "#ffffff"
_LINES = ("#2962ff", "#ff9800", "#9c27b0", "#00acc1", "#795548")


def write_chart(
    frame: pandas.DataFrame,
    path: str | os.PathLike[str],
    *,
    averages: Sequence[int] = (),
    title: str | None = None,
) -> Path:
    """Draw candles, their volume and simple moving averages; return the file.

    Args:
        frame: as `Data.fetch_klines` returns it.
        path: ends with ``.html`` (interactive; nothing is loaded from elsewhere) or ``.png``.
        averages: lengths of moving averages of the close, in candles.
        title: what stands above; symbol and interval by default.

    Raises:
        InvalidParameter: the frame is empty, has no candles or no times, a length is not positive, or the ending is
            another.
    """
    import pandas as pd

    require("chart", "Charts")
    target = Path(path)
    if not {"open", "high", "low", "close"} <= set(frame.columns) or not len(frame):
        raise InvalidParameter("frame", "expected at least one candle: open, high, low, close")
    if not isinstance(frame.index, pd.DatetimeIndex):
        raise InvalidParameter("frame", "expected a frame with a time index, as every fetch_ method returns")
    if any(length < 1 for length in averages):
        raise InvalidParameter("averages", f"expected positive lengths, got {list(averages)}")
    text = title or f"{frame.attrs.get('symbol', '')} {_spelled(frame.attrs.get('interval'))}".strip()
    lines = {f"SMA {length}": frame["close"].rolling(length).mean() for length in averages}
    if target.suffix.lower() == ".html":
        target.write_text(_page(frame, lines, text), encoding="utf-8")
    elif target.suffix.lower() == ".png":
        target.write_bytes(_picture(frame, lines, text))
    else:
        raise InvalidParameter("path", f"expected a name that ends with .html or .png, got {target.name!r}")
    return target


def _spelled(interval: str | None) -> str:
    length = length_of(interval) if interval and interval.isdigit() else None
    if length is None:
        return {"D": "1d", "W": "1w", "M": "1M"}.get(interval or "", "")
    minutes = length // 60_000
    return f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"


def _page(frame: pandas.DataFrame, lines: dict[str, pandas.Series[float]], title: str) -> str:
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    has_volume = "volume" in frame
    heights = [0.78, 0.22] if has_volume else [1.0]
    figure = make_subplots(rows=len(heights), cols=1, shared_xaxes=True, vertical_spacing=0.02, row_heights=heights)
    times = [f"{time:%Y-%m-%dT%H:%M:%S}" for time in frame.index]
    prices = {name: frame[name].astype(float).tolist() for name in ("open", "high", "low", "close")}
    candles = go.Candlestick(
        x=times, **prices, name="price", increasing_line_color=_UP, decreasing_line_color=_DOWN,
        increasing_fillcolor=_UP, decreasing_fillcolor=_DOWN, line_width=1,
    )  # fmt: skip
    figure.add_trace(candles, row=1, col=1)
    for (name, line), color in zip(lines.items(), _colors(len(lines)), strict=True):
        values = [None if value != value else value for value in line.tolist()]
        figure.add_trace(go.Scatter(x=times, y=values, name=name, line={"color": color, "width": 1.5}), row=1, col=1)
    if has_volume:
        volume = frame["volume"].astype(float).tolist()
        bars = go.Bar(x=times, y=volume, name="volume", marker_color=_directions(frame), opacity=0.6)
        figure.add_trace(bars, row=2, col=1)
        figure.update_yaxes(title_text="volume", row=2, col=1)
    figure.update_layout(
        title=title, template="plotly_white", hovermode="x unified", xaxis_rangeslider_visible=False,
        legend={"orientation": "h", "y": 1.02, "x": 1, "xanchor": "right", "yanchor": "bottom"},
        margin={"l": 60, "r": 30, "t": 70, "b": 40}, font={"color": _INK}, dragmode="pan",
    )  # fmt: skip
    figure.update_yaxes(title_text="price", row=1, col=1)
    page: str = figure.to_html(
        include_plotlyjs=True, full_html=True, default_height="100vh", config={"scrollZoom": True, "displaylogo": False}
    )
    return page.replace("<head>", f"<head><title>{_escaped(title)}</title><style>body{{margin:0}}</style>", 1)


def _picture(frame: pandas.DataFrame, lines: dict[str, pandas.Series[float]], title: str) -> bytes:
    import io

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 8), dpi=110, facecolor=_PAPER, layout="constrained")
    canvas: Any = FigureCanvasAgg(figure)
    has_volume = "volume" in frame
    ratios = [4, 1] if has_volume else [1]
    panes: Any = figure.subplots(len(ratios), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": ratios})
    price = panes[0][0]
    _draw_candles(price, frame)
    places = range(len(frame))
    for (name, line), color in zip(lines.items(), _colors(len(lines)), strict=True):
        price.plot(places, line.to_numpy(), color=color, linewidth=1.2, label=name)
    if lines:
        price.legend(loc="upper left", framealpha=0.85, edgecolor="none")
    price.set_title(title, loc="left", color=_INK, fontweight="bold")
    price.set_ylabel("price")
    if has_volume:
        panes[1][0].bar(places, frame["volume"].astype(float), color=_directions(frame), width=0.8, alpha=0.6)
        panes[1][0].set_ylabel("volume")
    _label_times(panes[-1][0], frame)
    for (pane,) in panes:
        pane.grid(color=_GRID, linewidth=0.7)
        pane.set_axisbelow(True)
        pane.spines[["top", "right"]].set_visible(False)
        pane.margins(x=0.01)
    target = io.BytesIO()
    canvas.print_png(target)
    return target.getvalue()


def _draw_candles(pane: Any, frame: pandas.DataFrame) -> None:
    opened, high, low, close = (frame[name].astype(float).to_numpy() for name in ("open", "high", "low", "close"))
    colors = _directions(frame)
    places = range(len(frame))
    pane.vlines(places, low, high, colors=colors, linewidth=0.8)
    # A candle that closed where it opened is still a line.
    least = max(float(high.max() - low.min()) / 600, 1e-12)
    bodies = [max(abs(b - a), least) for a, b in zip(opened, close, strict=True)]
    pane.bar(places, bodies, bottom=[min(pair) for pair in zip(opened, close, strict=True)], color=colors, width=0.7)


def _label_times(pane: Any, frame: pandas.DataFrame) -> None:
    count = len(frame)
    places = sorted({round(i * (count - 1) / 8) for i in range(9)})
    span = frame.index[-1] - frame.index[0]
    spelling = "%H:%M" if span.days < 1 else "%d %b %H:%M" if span.days < 60 else "%d %b %Y"
    pane.set_xticks(places, [f"{frame.index[place]:{spelling}}" for place in places])


def _directions(frame: pandas.DataFrame) -> list[str]:
    return [_UP if up else _DOWN for up in frame["close"] >= frame["open"]]


def _colors(count: int) -> list[str]:
    return [_LINES[i % len(_LINES)] for i in range(count)]


def _escaped(text: str) -> str:
    import html

    return html.escape(text)
