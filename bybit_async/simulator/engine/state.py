"""Everything the operations share: time, money, listings, accounts, ids and the events in the making."""

import random
from collections import defaultdict
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeAlias

from bybit_async.simulator.engine.accounts import HISTORY, Account, Order, Position
from bybit_async.simulator.engine.amounts import ZERO
from bybit_async.simulator.engine.clock import ExchangeClock
from bybit_async.simulator.engine.fields import Fields
from bybit_async.simulator.engine.journal import LogEntry
from bybit_async.simulator.engine.ledger import Ledger
from bybit_async.simulator.engine.listing import Listing, PriceKind
from bybit_async.simulator.engine.outbox import Outbox
from bybit_async.simulator.engine.refusals import parameter, unknown_symbol

OptionPricer: TypeAlias = Callable[[Listing, Decimal], Decimal]
OptionGreeks: TypeAlias = Callable[[Listing], tuple[Decimal, Decimal]]
USD_COINS = frozenset({"USD", "USDT", "USDC"})


class Ids:
    """Order, execution and log ids that depend on the seed and the order of calls only."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._spot = 1_700_000_000_000_000_000
        self._house = 0

    def unique(self) -> str:
        """Return an id shaped like a UUID."""
        text = f"{self._random.getrandbits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def order(self, category: str) -> str:
        """Return an order id: a long number for spot, like a UUID elsewhere."""
        if category != "spot":
            return self.unique()
        self._spot += 1 + self._random.getrandbits(10)
        return str(self._spot)

    def house(self) -> str:
        """Return a short order id for simulated makers."""
        self._house += 1
        return f"h{self._house}"


class State:
    """The shared state of one engine."""

    def __init__(self, clock: ExchangeClock, seed: int) -> None:
        self.clock = clock
        self.ids: Ids = Ids(seed)
        self.ledger: Ledger = Ledger()
        self.outbox: Outbox = Outbox()
        self.listings: dict[tuple[str, str], Listing] = {}
        self.accounts: dict[int, Account] = {}
        self.dirty: dict[Position, None] = {}
        """Positions whose size changed in this operation and whose exit orders must follow."""
        self.suspects: dict[Account, None] = {}
        """Accounts that may have to be liquidated, or whose spot orders may have lost their cover."""
        self.moved: dict[tuple[Listing, PriceKind], None] = {}
        """Prices that changed in this operation and may trigger orders."""
        self.waiting: defaultdict[tuple[Listing, PriceKind], dict[str, Order]] = defaultdict(dict)
        """Untriggered orders by the price they watch, then by order id."""
        self._pricing: dict[str, list[Listing]] = {}
        self.option_pricer: OptionPricer | None = None
        """Values options at a volatility; without one, orders cannot be placed by it."""
        self.option_greeks: OptionGreeks | None = None
        """Knows delta and vega of options."""
        self.tripped: dict[tuple[Account, str], None] = {}
        """Accounts and coins whose protected option quotes must be pulled."""

    def listing(self, category: str, symbol: str) -> Listing:
        """Return a listing; raises `Refused` for an unknown symbol."""
        found = self.listings.get((category, symbol))
        if found is None:
            raise unknown_symbol(category, symbol)
        return found

    def price_at_iv(self, listing: Listing, fields: Fields) -> Decimal:
        """Return the limit price, on the tick, of an option order that names its price by `orderIv`."""
        volatility = fields.positive("orderIv")
        if volatility is None or self.option_pricer is None:
            raise parameter("orderIv invalid")
        tick = listing.instrument.tick
        worth = self.option_pricer(listing, volatility)
        return max(tick, (worth / tick).to_integral_value(ROUND_HALF_UP) * tick)

    def greeks_of(self, listing: Listing) -> tuple[Decimal, Decimal]:
        """Return delta and vega of an option; zeros while no one knows them."""
        return (ZERO, ZERO) if self.option_greeks is None else self.option_greeks(listing)

    def add_listing(self, listing: Listing) -> None:
        """Register a listing."""
        instrument = listing.instrument
        self.listings[instrument.key] = listing
        if instrument.category != "option" and instrument.quote in USD_COINS:
            self._pricing.setdefault(instrument.base, []).append(listing)

    def usd(self, coin: str) -> Decimal:
        """Return a coin's value in US dollars: stable coins are 1, others follow an index, unknown ones are 0."""
        if coin in USD_COINS:
            return Decimal(1)
        listings = self._pricing.get(coin)
        if not listings:
            return ZERO
        for listing in listings:
            if listing.index_price is not None:
                return listing.index_price
        return listings[0].fair_price

    def log(self, account: Account, entry: LogEntry) -> None:
        """Write a balance change into an account's log; the money has already moved."""
        if account.house:
            return
        coin = entry.currency
        entry.balance = account.balances.get(coin, ZERO)
        account.logged[coin] = account.logged.get(coin, ZERO) + entry.change
        account.log.append(entry)
        self.outbox.wallet(account, coin)

    def touch(self, account: Account) -> None:
        """Have the account's solvency looked at when the operation ends."""
        if not account.house:
            self.suspects[account] = None

    def remember_closed(self, account: Account, order_id: str) -> None:
        """Keep the newest closed-pnl record last, and their number bounded."""
        record = account.closed.pop(order_id)
        account.closed[order_id] = record
        if len(account.closed) > HISTORY:
            del account.closed[next(iter(account.closed))]
