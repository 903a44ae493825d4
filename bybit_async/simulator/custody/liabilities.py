"""What an account owes: a balance that losses have pushed below zero, paid back out of its other coins."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_UP, Decimal

from bybit_async.simulator.engine import Engine
from bybit_async.simulator.engine.accounts import Account
from bybit_async.simulator.engine.amounts import GRAIN, ZERO

_FIRST = ("USDT", "USDC")


def owed(account: Account) -> dict[str, Decimal]:
    """Return how much an account owes of each coin."""
    return {coin: -amount for coin, amount in sorted(account.balances.items()) if amount < 0}


def repay(engine: Engine, account: Account, coins: list[str], most: Decimal | None = None) -> dict[str, Decimal]:
    """Sell other coins at their index prices until these debts are paid, or `most` of each.

    Returns what was paid back of each coin.
    """
    paid: dict[str, Decimal] = {}
    for coin in coins:
        for source in _sources(account, coin):
            missing = -account.balances.get(coin, ZERO)
            if most is not None:
                missing = min(missing, most - paid.get(coin, ZERO))
            amount = _convert(engine, account, source, coin, missing) if missing > 0 else ZERO
            if amount:
                paid[coin] = paid.get(coin, ZERO) + amount
    return paid


def _sources(account: Account, coin: str) -> list[str]:
    held = [name for name, amount in account.balances.items() if amount > 0 and name != coin]
    return sorted(held, key=lambda name: (name not in _FIRST, name))


def _convert(engine: Engine, account: Account, source: str, coin: str, missing: Decimal) -> Decimal:
    worth, price = engine.coin_price(source), engine.coin_price(coin)
    if not worth or not price:
        return ZERO
    wanted = (missing * price / worth).quantize(GRAIN, ROUND_UP)
    sold = min(wanted, engine.available(account, source)).quantize(GRAIN, ROUND_DOWN)
    bought = min(missing, (sold * worth / price).quantize(GRAIN, ROUND_DOWN))
    if sold <= 0 or bought <= 0:
        return ZERO
    engine.withdraw(account, source, sold, "CURRENCY_SELL")
    engine.deposit(account, coin, bought, "CURRENCY_BUY")
    return bought
