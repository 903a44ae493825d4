"""Figures of one listing as the wire shows them: tickers for REST and for the streams, price limits."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_UP, Decimal
from typing import Any

from bybit_async.simulator.engine.amounts import plain
from bybit_async.simulator.engine.listing import Listing
from bybit_async.simulator.market.market import SimulatedMarket
from bybit_async.simulator.market.quotation import Quotation

_FOUR = Decimal("0.0001")
_SIX = Decimal("0.000001")
_EIGHT = Decimal("0.00000001")
_UP, _DOWN = "PlusTick", "MinusTick"


def spelled(price: Decimal | None) -> str:
    """Return a price as it is, or the empty string."""
    return "" if price is None else format(price, "f")


def price_limits(listing: Listing) -> tuple[str, str]:
    """Return the lowest sell and the highest buy price that a limit order may have now."""
    instrument, fair = listing.instrument, listing.fair_price
    ratio = instrument.price_limit_ratio
    lowest = (fair * (1 - min(ratio, Decimal("0.99"))) / instrument.tick).to_integral_value(ROUND_UP)
    highest = (fair * (1 + ratio) / instrument.tick).to_integral_value(ROUND_DOWN)
    return spelled(instrument.tick * lowest), spelled(instrument.tick * highest)


def ticker(market: SimulatedMarket, quotation: Quotation, now: int) -> dict[str, Any]:
    """Return the entry of `/v5/market/tickers`."""
    category = quotation.instrument.category
    if category == "option":
        return _option_ticker(market, quotation, now)
    wire: dict[str, Any] = {"symbol": quotation.instrument.symbol, **_touch(quotation), **_day(quotation)}
    if category == "spot":
        wire["usdIndexPrice"] = plain(quotation.listing.index_price)
        del wire["prevPrice1h"]
        return wire
    return {**wire, **_contract(market, quotation, now)}


def stream_ticker(market: SimulatedMarket, quotation: Quotation, now: int, direction: str) -> dict[str, Any]:
    """Return the `data` of the `tickers` topic; `direction` is the last price's tick direction."""
    wire = ticker(market, quotation, now)
    category = quotation.instrument.category
    if category == "spot":
        for name in ("bid1Price", "bid1Size", "ask1Price", "ask1Size"):
            del wire[name]
        return wire
    if category == "option":
        renamed = {
            "bid1Price": "bidPrice", "bid1Size": "bidSize", "bid1Iv": "bidIv", "ask1Price": "askPrice",
            "ask1Size": "askSize", "ask1Iv": "askIv", "markIv": "markPriceIv",
        }  # fmt: skip
        return {renamed.get(name, name): value for name, value in wire.items()}
    for name in ("basisRate", "deliveryFeeRate", "predictedDeliveryPrice", "deliveryTime", "basis", "basisRateYear"):
        wire.pop(name, None)
    wire["tickDirection"] = direction
    return wire


def tick_direction(before: Decimal | None, after: Decimal, previous: str) -> str:
    """Return the documented direction of a price change; an equal price keeps the way it came."""
    if before is None or after > before:
        return _UP
    if after < before:
        return _DOWN
    return "ZeroPlusTick" if previous in (_UP, "ZeroPlusTick") else "ZeroMinusTick"


def _touch(quotation: Quotation) -> dict[str, str]:
    bids, asks = quotation.listing.depth(1)
    bid, ask = (bids[0] if bids else None), (asks[0] if asks else None)
    return {
        "bid1Price": spelled(bid[0]) if bid else "",
        "bid1Size": spelled(bid[1]) if bid else "",
        "ask1Price": spelled(ask[0]) if ask else "",
        "ask1Size": spelled(ask[1]) if ask else "",
    }


def _day(quotation: Quotation) -> dict[str, str]:
    (opened, high, low, closed, volume, turnover), hour_ago = quotation.day.read()
    change = Decimal(closed - opened) / opened
    return {
        "lastPrice": quotation.spell(closed),
        "prevPrice24h": quotation.spell(opened),
        "price24hPcnt": plain(change.quantize(_SIX)),
        "highPrice24h": quotation.spell(high),
        "lowPrice24h": quotation.spell(low),
        "prevPrice1h": quotation.spell(hour_ago),
        "turnover24h": plain(quotation.turnover(turnover).quantize(_FOUR if not quotation.inverse else _EIGHT)),
        "volume24h": plain(quotation.volume(volume)),
    }


def _contract(market: SimulatedMarket, quotation: Quotation, now: int) -> dict[str, str]:
    listing, instrument = quotation.listing, quotation.instrument
    interest = market.open_interest(quotation, now)
    mark = listing.mark_price or Decimal(1)
    worth = interest / mark if quotation.inverse else interest * mark
    half = (interest / 2 / instrument.lot).to_integral_value(ROUND_DOWN) * instrument.lot
    return {
        "indexPrice": plain(listing.index_price),
        "markPrice": plain(listing.mark_price),
        "openInterest": plain(interest),
        "openInterestValue": plain(worth.quantize(_FOUR)),
        "singleOpenInterest": plain(half),
        "singleOpenInterestValue": plain((worth / 2).quantize(_FOUR)),
        "fundingRate": plain(listing.funding_rate) if instrument.funding_interval_min else "",
        "nextFundingTime": str(listing.next_funding_ms),
        "predictedDeliveryPrice": "",
        "basisRate": "",
        "basis": "",
        "deliveryFeeRate": "",
        "deliveryTime": str(listing.delivery_ms),
        "preOpenPrice": "",
        "preQty": "",
        "curPreListingPhase": "",
        "fundingIntervalHour": str(instrument.funding_interval_min // 60),
        "fundingCap": plain(instrument.max_funding_rate),
        "basisRateYear": "",
    }


def _option_ticker(market: SimulatedMarket, quotation: Quotation, now: int) -> dict[str, Any]:
    listing, instrument = quotation.listing, quotation.instrument
    valuation = market.value(quotation, now)
    touch = {name: value or "0" for name, value in _touch(quotation).items()}
    day = quotation.option_day
    iv = f"{valuation.iv:.4f}"
    return {
        "symbol": instrument.symbol,
        **touch,
        "bid1Iv": iv if touch["bid1Price"] != "0" else "0",
        "ask1Iv": iv if touch["ask1Price"] != "0" else "0",
        "lastPrice": plain(listing.last_price) or "0",
        "highPrice24h": plain(day.high),
        "lowPrice24h": plain(day.low),
        "markPrice": plain(listing.mark_price) or "0",
        "indexPrice": plain(listing.index_price),
        "markIv": iv,
        "underlyingPrice": plain(listing.index_price),
        "openInterest": plain(listing.open_interest),
        "turnover24h": plain(day.turnover),
        "volume24h": plain(day.volume),
        "totalVolume": plain(day.volume),
        "totalTurnover": plain(day.turnover),
        "delta": f"{valuation.delta:.8f}",
        "gamma": f"{valuation.gamma:.8f}",
        "vega": f"{valuation.vega:.8f}",
        "theta": f"{valuation.theta:.8f}",
        "predictedDeliveryPrice": "0",
        "change24h": plain(day.change),
    }
