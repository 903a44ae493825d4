"""The exchange of a backtest: the simulated exchange's own engine, called directly, with one account on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache

from bybit_async.bot.backtesting.paths import AwaitedTicks
from bybit_async.bot.backtesting.rules import FillRule, charged
from bybit_async.bot.engine.decisions import OrderPlan, PriceQuote
from bybit_async.bot.records import HeldPosition, OrderSide, OrderType, PortfolioSnapshot, WorkingOrder
from bybit_async.models.market import LinearInstrument
from bybit_async.models.market.instruments import ContractLotSize
from bybit_async.models.market.rules import ContractPriceFilter
from bybit_async.simulator.engine import (
    Account,
    AccountExecution,
    Engine,
    ExchangeClock,
    Instrument,
    MarketFeed,
    NewOrder,
    Order,
    Position,
    Refused,
    Sink,
)
from bybit_async.simulator.engine.catalogue import default_catalogue, named
from bybit_async.simulator.engine.instruments import RiskTier
from bybit_async.simulator.engine.listing import Listing

ZERO = Decimal(0)
COIN = "USDT"


class Place:
    """One symbol on the venue.

    Attributes:
        price: the last price that the engine was shown.
        rules: the instrument as the connector knows it.
    """

    __slots__ = ("feed", "instrument", "listing", "position", "price", "rules", "tick")

    def __init__(self, engine: Engine, account: Account, instrument: Instrument, rule: FillRule) -> None:
        self.instrument: Instrument = instrument
        self.listing: Listing = engine.listing(instrument.category, instrument.symbol)
        self.feed: MarketFeed = MarketFeed(engine, self.listing, spread=rule.spread, depth=rule.depth, touch=rule.touch)
        self.position: Position = account.position(self.listing, 0)
        self.rules: LinearInstrument = connector_instrument(instrument)
        self.tick: float = float(instrument.tick)
        self.price: Decimal = ZERO

    @property
    def entry_price(self) -> Decimal:
        """The average price of the position, to the decimals in which the exchange tells it."""
        return round(self.position.avg_price, 8)

    def on_tick(self, price: float) -> Decimal:
        """Return a price of the data as the exact one on the nearest tick."""
        return self.instrument.tick * max(1, round(price / self.tick))

    def jump(self, price: float) -> None:
        """Let the price be this one at once."""
        self.price = self.on_tick(price)
        self.feed.jump(self.price)

    def walk(self, price: float) -> None:
        """Let the price pass through everything on the way to this one."""
        self.price = self.on_tick(price)
        self.feed.walk(self.price)

    def skip(self, price: float) -> None:
        """Set the price, when nothing is on the way to it."""
        self.price = self.on_tick(price)
        # In the decimals that the engine gives a price that moves: they are seen in what it says.
        self.feed.skip(round(self.price, 8))

    def quote(self, price: float, spread: int, time_ms: int) -> PriceQuote:
        """Return what could be traded at a price of the data."""
        last = self.on_tick(price)
        bid = max(last - self.instrument.tick * ((spread - 1) // 2), self.instrument.tick)
        return PriceQuote(bid, bid + self.instrument.tick * spread, last, time_ms)


class Venue(Sink):
    """Keeps the account, and reports what is executed.

    Args:
        instruments: what is traded, by symbol.
        rule: how orders are filled.
        balance: what the account starts with, in USDT.
        start_ms: when time starts.
        seed: of the engine's ids.
        leverage: of every symbol; None for the exchange's default.
        on_execution: called for each execution of the account, in order.
    """

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        rule: FillRule,
        balance: Decimal,
        start_ms: int,
        seed: int,
        leverage: float | None,
        on_execution: Callable[[AccountExecution], None],
    ) -> None:
        self.clock: ExchangeClock = ExchangeClock(start_ms, manual=True)
        traded = {symbol: charged(instrument, rule) for symbol, instrument in instruments.items()}
        self.engine: Engine = Engine(self.clock, traded.values(), seed)
        self.account: Account = self.engine.create_account(balances={COIN: balance})
        self._rule = rule
        self._tell = on_execution
        self.places: dict[str, Place] = {
            symbol: Place(self.engine, self.account, instrument, rule) for symbol, instrument in traded.items()
        }
        self.engine.add_sink(self)
        for symbol, place in self.places.items():
            # What is so already would be refused.
            if leverage is not None and place.position.leverage != Decimal(str(leverage)):
                wanted = {"category": "linear", "symbol": symbol, "buyLeverage": leverage, "sellLeverage": leverage}
                self.engine.set_leverage(self.account, {key: str(value) for key, value in wanted.items()})

    def on_executions(self, account: Account, executions: list[AccountExecution]) -> None:
        """Pass on what was executed for the account."""
        if account is self.account:
            for execution in executions:
                self._tell(execution)

    def reach(self, time_ms: int) -> None:
        """Move the clock to a moment; one that has passed changes nothing."""
        ahead = time_ms - self.clock.now_ms()
        if ahead > 0:
            self.clock.advance(ahead)

    def fund(self, symbol: str, rate: float) -> None:
        """Settle a funding at the present price."""
        self.engine.settle_funding("linear", symbol, Decimal(repr(rate)))

    def place(self, plan: OrderPlan) -> Order | str:
        """Place an order; return why not, in words, where the exchange refuses it."""
        place = self.places[plan.symbol]
        is_limit = plan.order_type is OrderType.LIMIT
        try:
            return self.engine.place_order(
                self.account,
                NewOrder(
                    listing=place.listing,
                    side="Buy" if plan.side is OrderSide.BUY else "Sell",
                    qty=plan.qty,
                    price=plan.price if is_limit else None,
                    time_in_force=plan.time_in_force.value if is_limit and plan.time_in_force else "GTC",
                    reduce_only=plan.reduce_only,
                    link_id=plan.execution_id,
                    take_profit=plan.take_profit,
                    stop_loss=plan.stop_loss,
                ),
            )
        except Refused as refusal:
            return str(refusal)

    def cancel_entries(self) -> None:
        """Cancel every order that could open or enlarge a position."""
        for order in list(self.account.orders.values()):
            if order.is_live and not order.closes_only:
                self.engine.cancel_order(order)

    def watched(self, symbol: str) -> AwaitedTicks:
        """Return the prices at which something would happen, in ticks."""
        place = self.places[symbol]
        tick = place.instrument.tick
        through = ZERO if self._rule.touch else tick
        found = self.engine.watched_prices(place.listing, through=through)
        rising, falling = ([float(price / tick) for price in prices] for prices in (found.rising, found.falling))
        return AwaitedTicks(rising, falling, found.always)

    def planned(self, symbol: str) -> AwaitedTicks:
        """Return the stops and targets of resting orders, in ticks: they wait as soon as those are filled."""
        found = AwaitedTicks([], [])
        tick = self.places[symbol].instrument.tick
        for order in self.account.orders.values():
            if order.resting is None or order.symbol != symbol:
                continue
            plan, buys = order.exit_plan, order.side == "Buy"
            for price, rises in ((plan.take_profit, buys), (plan.stop_loss, not buys)):
                if price is not None:
                    (found.rising if rises else found.falling).append(float(price / tick))
        return found

    def resting_entries(self, symbol: str) -> float:
        """Return the signed size of resting orders that would open a position."""
        signed = (
            order.leaves if order.side == "Buy" else -order.leaves
            for order in self.account.orders.values()
            if order.resting is not None and order.symbol == symbol and not order.closes_only
        )
        return float(sum(signed, ZERO))

    def show(self, prices: Mapping[str, float]) -> None:
        """Show the engine prices of candles in which nothing happened."""
        for symbol, price in prices.items():
            self.places[symbol].skip(price)

    def exposed(self) -> list[tuple[str, float, float]]:
        """Return symbol, signed size and signed entry value of each position."""
        found = []
        for symbol, place in self.places.items():
            position = place.position
            if position.net:
                entry = position.entry_value if position.net > 0 else -position.entry_value
                found.append((symbol, float(position.net), float(entry)))
        return found

    @property
    def cash(self) -> Decimal:
        """The wallet, without unrealised profit."""
        return self.account.balances.get(COIN, ZERO)

    def snapshot(self, time_ms: int, prices: Mapping[str, float]) -> PortfolioSnapshot:
        """Return the account as decisions see it, at these prices; everything about it is known."""
        held = tuple(
            found
            for symbol, place in self.places.items()
            if (found := _held(place, place.on_tick(prices[symbol]))) is not None
        )
        equity = self.cash + sum((each.unrealised_pnl for each in held), ZERO)
        return PortfolioSnapshot(
            time_ms=time_ms,
            equity=equity,
            positions=held,
            orders=tuple(_working(order) for order in self.account.orders.values()),
            data_age_ms=0,
            clock_error_ms=0.0,
            calls=0,
            errors=0,
        )


def _held(place: Place, price: Decimal) -> HeldPosition | None:
    position = place.position
    if not position.net:
        return None
    return HeldPosition(
        symbol=place.instrument.symbol,
        side=OrderSide.BUY if position.net > 0 else OrderSide.SELL,
        size=position.size,
        entry_price=place.entry_price,
        mark_price=price,
        stop_loss=position.stop_loss.trigger_price if position.stop_loss is not None else None,
        take_profit=position.take_profit.trigger_price if position.take_profit is not None else None,
        unrealised_pnl=(price - place.entry_price) * position.net,
        leverage=position.leverage,
    )


def _working(order: Order) -> WorkingOrder:
    return WorkingOrder(
        order_link_id=order.link_id,
        symbol=order.symbol,
        side=OrderSide(order.side),
        remaining=order.leaves,
        price=order.price or order.trigger_price or ZERO,
        reduce_only=order.closes_only,
        stop_loss=order.exit_plan.stop_loss,
    )


def traded_instrument(given: Instrument | LinearInstrument) -> Instrument:
    """Return an instrument as the engine trades it; one that the connector read gets one risk tier and the usual fees.

    The tier asks for half of the highest leverage's initial margin as maintenance margin, as Bybit's first ones do.
    """
    if isinstance(given, Instrument):
        return given
    lots, prices = given.lot_size_filter, given.price_filter
    highest = (given.leverage_filter.max_leverage if given.leverage_filter is not None else None) or Decimal(10)
    least = lots.least or lots.step
    return Instrument(
        category="linear",
        symbol=given.symbol,
        base=given.base_coin,
        quote=given.quote_coin,
        settle=given.settle_coin or given.quote_coin,
        tick=prices.tick_size,
        lot=lots.step,
        min_qty=least,
        max_limit_qty=lots.max_order_qty or least * 10**6,
        max_market_qty=lots.max_mkt_order_qty or lots.max_order_qty or least * 10**6,
        min_price=prices.min_price or prices.tick_size,
        max_price=prices.max_price or prices.tick_size * 10**9,
        min_notional=lots.min_notional_value or ZERO,
        max_leverage=highest,
        risk_tiers=(RiskTier(1, Decimal(10) ** 12, 1 / (2 * highest), 1 / highest, highest),),
    )


@lru_cache(maxsize=64)
def known_instrument(symbol: str) -> Instrument:
    """Return a linear contract of the simulated exchange's catalogue.

    Raises:
        ValueError: it has none of that name.
    """
    offered = (instrument for instrument in default_catalogue(0) if instrument.symbol == symbol)
    for instrument in (*offered, *named(symbol)):
        if instrument.category == "linear":
            return instrument
    raise ValueError(f"instruments: {symbol} is not in the catalogue; give its instrument")


def connector_instrument(instrument: Instrument) -> LinearInstrument:
    """Return an instrument as the connector reads it from the exchange."""
    return LinearInstrument(
        symbol=instrument.symbol,
        base_coin=instrument.base,
        quote_coin=instrument.quote,
        settle_coin=instrument.settle,
        status="Trading",
        price_filter=ContractPriceFilter(
            tick_size=instrument.tick, min_price=instrument.min_price, max_price=instrument.max_price
        ),
        lot_size_filter=ContractLotSize(
            qty_step=instrument.lot,
            min_order_qty=instrument.min_qty,
            max_order_qty=instrument.max_limit_qty,
            max_mkt_order_qty=instrument.max_market_qty,
            min_notional_value=instrument.min_notional,
        ),
    )
