"""How positions and the wallet look on the wire: figures derived from money and marks, never stored."""

from collections.abc import Iterable
from decimal import Decimal

from bybit_async.simulator.accounts import Account
from bybit_async.simulator.amounts import ZERO, grain_down, plain, rounded
from bybit_async.simulator.margin import (
    Figures,
    Standing,
    Usd,
    coin_figures,
    position_margin,
    standing,
    tier_of,
    withdrawable,
)
from bybit_async.simulator.orders import Order
from bybit_async.simulator.positions import Position, value_at


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
        "liqPrice": _liquidation_price(position, usd),
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


def _liquidation_price(position: Position, usd: Usd) -> str:
    """Solve `equity(p) = maintenance margin(p)`, everything else standing still; "" when no price does."""
    tier = tier_of(position)
    if not position.net or tier is None:
        return ""
    listing = position.listing
    instrument = listing.instrument
    size, mark = position.size, listing.fair_price
    rate, deduction = tier.maintenance_rate, tier.deduction
    equity, others = _equity_behind(position, usd)
    long = position.net > 0
    try:
        if instrument.category == "inverse":
            worth = size / mark
            if long:
                inverse = (equity + worth + deduction - others) / (size * (1 + rate))
            else:
                inverse = (worth - equity - deduction + others) / (size * (1 - rate))
            price = 1 / inverse
        elif long:
            price = (size * mark - equity - deduction + others) / (size * (1 - rate))
        else:
            price = (equity + size * mark + deduction - others) / (size * (1 + rate))
    except ArithmeticError:
        return ""
    if not 0 < price <= instrument.max_price:
        return ""
    return plain(price.quantize(instrument.tick))


def _equity_behind(position: Position, usd: Usd) -> tuple[Decimal, Decimal]:
    """Return the equity that carries the position and the other positions' maintenance margin, in its coin."""
    account = position.account
    if account.isolated:
        return position.margin + position.unrealised(position.listing.fair_price), ZERO
    rate = usd(position.listing.instrument.settle) or Decimal(1)
    now = standing(account, usd)
    own = position_margin(position)[1]
    return now.margin_balance / rate, now.figures.position_mm / rate - own
