"""What is published about groups of contracts: deleveraging, fees, past deliveries of options."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from bybit_async.simulator.engine import refusals
from bybit_async.simulator.engine.amounts import plain
from bybit_async.simulator.engine.catalogue import OPTION_HOUR_UTC
from bybit_async.simulator.engine.instruments import Instrument
from bybit_async.simulator.rest.call import RestCall, Route

_DAY = 86_400_000
_MINUTE = 60_000
_DELIVERIES = 50
_MAJORS = frozenset({"BTC", "ETH"})
_GROUPS = {"1": "G1(Major Coins)", "4": "G4(Mid-Tier Activation)", "8": "USDC"}


def get_adl_alert(call: RestCall) -> dict[str, Any]:
    """`GET /v5/market/adlAlert`: no one is deleveraged here, so no contract ever draws down."""
    wanted = call.params.text("symbol")
    contracts = [one for one in _contracts(call) if wanted in ("", one.symbol)]
    if wanted and not contracts:
        raise refusals.unknown_symbol("linear", wanted)
    time = str(call.now // _MINUTE * _MINUTE)
    return {"updateTime": time, "updatedTime": time, "list": [_alert(call, one) for one in contracts]}


def _alert(call: RestCall, instrument: Instrument) -> dict[str, str]:
    balance = plain(call.venue.insurance(instrument.settle))
    return {
        "coin": instrument.settle,
        "symbol": instrument.symbol,
        "balance": balance,
        "maxBalance": balance,
        "insurancePnlRatio": "-0.3",
        "pnlRatio": "0",
        "adlTriggerThreshold": "10000",
        "adlStopRatio": "-0.25",
    }


def get_fee_groups(call: RestCall) -> dict[str, Any]:
    """`GET /v5/market/fee-group-info`: one level each, with the rates that everyone pays here."""
    call.params.choice("productType", ("contract",))
    wanted = call.params.choice("groupId", [str(number) for number in range(1, 10)], "")
    members: dict[str, list[Instrument]] = {}
    for instrument in _contracts(call):
        members.setdefault(_group(instrument), []).append(instrument)
    shown = [group for group in _GROUPS if group in members and wanted in ("", group)]
    return {"list": [_group_wire(call, _GROUPS[group], members[group]) for group in shown]}


def _group(instrument: Instrument) -> str:
    if instrument.settle == "USDC":
        return "8"
    return "1" if instrument.base in _MAJORS else "4"


def _group_wire(call: RestCall, name: str, instruments: list[Instrument]) -> dict[str, Any]:
    rates = {
        "takerFeeRate": plain(instruments[0].taker_fee),
        "makerFeeRate": plain(instruments[0].maker_fee),
        "makerRebate": "",
    }
    return {
        "groupName": name,
        "weightingFactor": 1,
        "symbolsNumbers": len(instruments),
        "symbols": [instrument.symbol for instrument in instruments],
        "feeRates": {"pro": [{"level": "Pro 1", **rates}], "marketMaker": [{"level": "MM 1", **rates}]},
        "updateTime": str(call.now // _DAY * _DAY),
    }


def _contracts(call: RestCall) -> Iterable[Instrument]:
    listings = sorted(call.venue.engine.listings.items())
    return [listing.instrument for (category, _), listing in listings if category in ("linear", "inverse")]


def get_new_delivery_price(call: RestCall) -> dict[str, Any]:
    """`GET /v5/market/new-delivery-price`: options are delivered every day at eight, at the index price."""
    params = call.params
    category, base = params.category("option"), params.required("baseCoin").upper()
    settle = params.text("settleCoin") or "USDT"
    quotation = next(
        (
            one
            for one in call.venue.market.of("option")
            if (one.instrument.base, one.instrument.settle) == (base, settle)
        ),
        None,
    )
    if quotation is None:
        raise refusals.parameter("baseCoin invalid")
    hour = OPTION_HOUR_UTC * 60 * _MINUTE
    newest = (call.now - hour) // _DAY * _DAY + hour
    times = [newest - _DAY * back for back in range(_DELIVERIES)]
    happened = {
        int(entry["deliveryTime"]): entry["deliveryPrice"]
        for entry in call.venue.records.deliveries.of("option")
        if entry["symbol"].startswith(f"{base}-")
    }
    prices = quotation.indexes(np.array(times, dtype=np.int64)).tolist()
    rows = [
        {"deliveryPrice": happened.get(time) or f"{price:.8f}", "deliveryTime": str(time)}
        for time, price in zip(times, prices, strict=True)
    ]
    return {"category": category, "list": rows}


ROUTES = (
    Route("GET", "/v5/market/adlAlert", get_adl_alert, signed=False),
    Route("GET", "/v5/market/fee-group-info", get_fee_groups, signed=False),
    Route("GET", "/v5/market/new-delivery-price", get_new_delivery_price, signed=False),
)
