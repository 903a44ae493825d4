"""How orders, positions and the wallet look on the wire: figures derived from money and marks, never stored."""

from collections.abc import Iterable
from decimal import Decimal

from bybit_async.simulator.engine.accounts import Account, Order, Position
from bybit_async.simulator.engine.amounts import ZERO, grain_down, plain, rounded
from bybit_async.simulator.engine.instruments import value_at
from bybit_async.simulator.engine.margin import (
    Figures,
    Standing,
    Usd,
    coin_figures,
    liquidation_price,
    position_margin,
    standing,
    tier_of,
    withdrawable,
)

_EXIT_MODES = {
    "TakeProfit": "Full",
    "StopLoss": "Full",
    "TrailingStop": "Full",
    "PartialTakeProfit": "Partial",
    "PartialStopLoss": "Partial",
}
"""Whether an order that ends a position is for all of it."""


def order_wire(order: Order) -> dict[str, object]:
    """Return the entry of `/v5/order/realtime` and `/v5/order/history`."""
    is_spot = order.category == "spot"
    leaves = order.leaves if order.is_live else ZERO
    wire: dict[str, object] = {
        "orderId": order.order_id,
        "orderLinkId": order.link_id,
        "parentOrderLinkId": order.parent_link_id,
        "blockTradeId": "",
        "symbol": order.symbol,
        "price": plain(order.shown_price()),
        "qty": plain(order.qty),
        "side": order.side,
        "isLeverage": str(int(order.leverage)) if is_spot else "",
        "positionIdx": order.position_idx,
        "orderStatus": order.status,
        "cancelType": order.cancel_type,
        "rejectReason": order.reject_reason,
        "avgPrice": rounded(order.avg_price),
        "leavesQty": plain(leaves),
        "leavesValue": plain(_leaves_value(order, leaves)),
        "cumExecQty": plain(order.filled),
        "cumExecValue": plain(order.filled_value),
        "cumExecFee": plain(sum(order.fees.values(), ZERO)),
        "timeInForce": order.time_in_force,
        "orderType": order.order_type,
        "orderIv": order.order_iv,
        "marketUnit": order.market_unit,
        "slippageToleranceType": order.slippage_type,
        "slippageTolerance": order.slippage,
        **_trigger_wire(order),
        "reduceOnly": order.reduce_only,
        "closeOnTrigger": order.close_on_trigger,
        "placeType": "price" if order.category == "option" else "",
        "smpType": order.smp,
        "smpGroup": order.account.smp_group,
        "smpOrderId": order.smp_order_id,
        "createdTime": str(order.created_ms),
        "updatedTime": str(order.updated_ms),
        "extraFees": "",
        "cumFeeDetail": {coin: plain(fee) for coin, fee in order.fees.items()},
        "rpiTakerAccess": order.rpi_matched > 0,
        "rpiMatchedQty": plain(order.rpi_matched),
    }
    if is_spot:
        wire["basePrice"] = plain(order.last_on_created)
        wire["lastPriceOnCreated"] = ""
    else:
        # Clients tell contracts from spot by whether these keys are there at all.
        wire["tpslMode"] = _exit_mode(order)
        wire["createType"] = order.create_type
        wire["lastPriceOnCreated"] = plain(order.last_on_created)
    return wire


def _exit_mode(order: Order) -> str:
    if order.category == "option":
        return ""
    return _EXIT_MODES.get(order.stop_order_type) or ("" if order.exit_plan.empty else order.exit_plan.mode)


def _trigger_wire(order: Order) -> dict[str, object]:
    is_spot = order.category == "spot"
    plan = order.exit_plan
    trigger = order.active_price if order.active_price is not None else order.trigger_price
    return {
        "stopOrderType": order.stop_order_type or ("" if is_spot else "UNKNOWN"),
        "triggerPrice": plain(trigger),
        "triggerDirection": order.trigger_direction,
        "triggerBy": order.trigger_by or "",
        "takeProfit": plain(plan.take_profit),
        "stopLoss": plain(plan.stop_loss),
        "ocoTriggerBy": order.oco_trigger_by,
        "tpLimitPrice": plain(plan.tp_limit),
        "slLimitPrice": plain(plan.sl_limit),
        "tpTriggerBy": plan.tp_by if plan.take_profit is not None else "",
        "slTriggerBy": plan.sl_by if plan.stop_loss is not None else "",
    }


def order_stream(order: Order) -> dict[str, object]:
    """Return the entry of the private `order` topic."""
    wire = order_wire(order)
    del wire["extraFees"]
    if order.category == "spot":
        wire["lastPriceOnCreated"] = wire.pop("basePrice")
    if order.category == "option":
        del wire["createType"]
    wire["category"] = order.category
    wire["brokerOrderPrice"] = ""
    wire["closedPnl"] = plain(order.closed_pnl)
    wire["feeCurrency"] = next(iter(order.fees), "") if order.category == "spot" else ""
    return wire


def _leaves_value(order: Order, leaves: Decimal) -> Decimal:
    if not leaves:
        return ZERO
    if order.by_value:
        return leaves
    price = order.shown_price()
    if order.category == "inverse":
        return round(leaves / price, 8) if price else ZERO
    return leaves * price


def position_wire(position: Position, usd: Usd, *, stream: bool = False) -> dict[str, object]:
    """Return the entry of `/v5/position/list`, or of the private `position` topic."""
    listing = position.listing
    instrument = listing.instrument
    mark = listing.fair_price
    tier = tier_of(position)
    initial, maintenance = position_margin(position)
    price = rounded(position.avg_price)
    value = value_at(instrument, mark, position.size) if position.net else ZERO
    is_option = instrument.category == "option"
    wire: dict[str, object] = {
        "positionIdx": position.idx,
        "riskId": tier.id if tier else 0,
        "riskLimitValue": plain(tier.limit) if tier else "",
        "symbol": instrument.symbol,
        "side": position.side,
        "size": plain(position.size),
        "entryPrice" if stream else "avgPrice": price,
        "positionValue": rounded(value),
        "autoAddMargin": int(position.auto_add_margin),
        "positionStatus": position.status,
        "leverage": "" if is_option else plain(position.leverage),
        "breakEvenPrice": "" if is_option else rounded(_break_even(position)),
        "markPrice": plain(mark),
        "liqPrice": plain(liquidation_price(position, usd)),
        "positionIM": rounded(initial),
        "positionIMByMp": rounded(initial),
        "positionMM": rounded(maintenance),
        "positionMMByMp": rounded(maintenance),
        "positionBalance": rounded(initial),
        "takeProfit": _exit_price(position.take_profit),
        "stopLoss": _exit_price(position.stop_loss),
        "trailingStop": plain(position.trailing_stop.trail) if position.trailing_stop else "0",
        "sessionAvgPrice": rounded(position.session_price) if instrument.settle == "USDC" else "",
        **dict.fromkeys(_GREEKS, ""),
        "unrealisedPnl": rounded(position.unrealised(mark)),
        "curRealisedPnl": rounded(position.cur_realised),
        "cumRealisedPnl": "" if is_option else rounded(position.cum_realised),
        "adlRankIndicator": 2 if position.net else 0,
        "createdTime": str(position.created_ms),
        "updatedTime": str(position.updated_ms),
        "openTime": position.opened_ms if position.net else 0,
        "seq": position.seq,
        "isReduceOnly": False,
        "mmrSysUpdatedTime": "",
        "leverageSysUpdatedTime": "",
        "tpslMode": "Full",
        "bustPrice": "",
        "tradeMode": 0,
    }
    if stream:
        wire["category"] = instrument.category
        if is_option:
            wire["cumRealisedPnl"] = wire["curRealisedPnl"]
        else:
            # Only those of options are pushed.
            for greek in _GREEKS:
                del wire[greek]
    return wire


_GREEKS = ("delta", "gamma", "vega", "theta")


def wallet_wire(account: Account, usd: Usd, coins: Iterable[str] | None = None) -> dict[str, object]:
    """Return the account entry of `/v5/account/wallet-balance` and of the `wallet` topic."""
    now = standing(account, usd)
    per_coin = coin_figures(account)
    wanted = list(coins) if coins is not None else sorted(set(account.balances) | set(per_coin))
    entries = [_coin_wire(account, coin, per_coin.get(coin, Figures()), usd) for coin in wanted]
    return {"accountType": "UNIFIED", **_totals(account, now), "coin": entries}


def _totals(account: Account, now: Standing) -> dict[str, object]:
    if account.isolated:
        # The account-wide figures do not apply under isolated margin; the wire leaves them empty.
        wide = dict.fromkeys(_MARGIN_FIELDS, "")
        return {**wide, "totalEquity": rounded(now.equity), "accountLTV": "0"}
    balance = now.margin_balance
    rates = [now.initial / balance, now.figures.position_mm / balance] if balance > 0 else [ZERO, ZERO]
    figures = {
        "accountIMRate": rounded(rates[0], 4),
        "accountMMRate": rounded(rates[1], 4),
        "totalWalletBalance": rounded(now.wallet),
        "totalMarginBalance": rounded(balance),
        "totalAvailableBalance": rounded(max(ZERO, now.available)),
        "totalPerpUPL": rounded(now.figures.upl),
        "totalInitialMargin": rounded(now.initial),
        "totalMaintenanceMargin": rounded(now.figures.position_mm),
    }
    for name in ("accountIMRate", "accountMMRate", "totalInitialMargin", "totalMaintenanceMargin"):
        figures[f"{name}ByMp"] = figures[name]
    return {"totalEquity": rounded(now.equity), **figures, "accountLTV": "0"}


_MARGIN_FIELDS = (
    "accountIMRate",
    "accountMMRate",
    "totalWalletBalance",
    "totalMarginBalance",
    "totalAvailableBalance",
    "totalPerpUPL",
    "totalInitialMargin",
    "totalMaintenanceMargin",
    "accountIMRateByMp",
    "accountMMRateByMp",
    "totalInitialMarginByMp",
    "totalMaintenanceMarginByMp",
)


def _coin_wire(account: Account, coin: str, figures: Figures, usd: Usd) -> dict[str, object]:
    balance = account.balances.get(coin, ZERO)
    equity = balance + figures.upl + figures.option_value
    debt = max(ZERO, -balance)
    free = withdrawable(account, coin, usd)
    return {
        "coin": coin,
        "equity": rounded(equity),
        "usdValue": rounded(equity * usd(coin)),
        "walletBalance": plain(balance),
        "free": plain(max(ZERO, account.free(coin))),
        "locked": plain(account.locked.get(coin, ZERO)),
        "spotHedgingQty": "0",
        "borrowAmount": plain(debt),
        "spotBorrow": plain(debt),
        "accruedInterest": "0",
        "totalOrderIM": rounded(figures.order_im),
        "totalPositionIM": rounded(figures.position_im),
        "totalPositionMM": rounded(figures.position_mm),
        "unrealisedPnl": rounded(figures.upl),
        "cumRealisedPnl": plain(account.realised.get(coin, ZERO)),
        "bonus": "0",
        "marginCollateral": True,
        "collateralSwitch": coin not in account.uncounted,
        "colRes": "0",
        "availableToBorrow": "",
        # Rounding up would promise money that is not there.
        "availableToWithdraw": plain(grain_down(free)),
    }


def _exit_price(order: Order | None) -> str:
    return plain(order.trigger_price) if order is not None else "0"


def _break_even(position: Position) -> Decimal:
    """Return the price at which closing would bring the realised part of this position back to zero."""
    if not position.net:
        return ZERO
    instrument = position.listing.instrument
    fee = instrument.taker_fee
    long = position.net > 0
    owed = -position.cur_realised
    if instrument.category == "inverse":
        value = position.entry_value - owed if long else position.entry_value + owed
        denominator = value * (1 - fee) if long else value * (1 + fee)
        return position.size / denominator if denominator > 0 else ZERO
    value = position.entry_value + owed if long else position.entry_value - owed
    return value / (position.size * ((1 - fee) if long else (1 + fee)))
