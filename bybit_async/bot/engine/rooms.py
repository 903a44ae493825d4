"""What a running engine consists of, opened in order and closed in the opposite one."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from bybit_async import InvalidParameter
from bybit_async.bot.client import BybitClient
from bybit_async.bot.configuration import BotSettings, ConfigurationManager
from bybit_async.bot.engine.desk import Desk
from bybit_async.bot.engine.flows import Flows
from bybit_async.bot.engine.lease import account_lease
from bybit_async.bot.engine.places import account_identity, clear_the_way, journal_url
from bybit_async.bot.engine.portfolio import equity_of, held_positions, untold, working_orders
from bybit_async.bot.engine.prices import Prices
from bybit_async.bot.engine.protection import Guard
from bybit_async.bot.engine.record import session_row
from bybit_async.bot.engine.recovery import Recovered, Recovery, account_matches, closed_trades, differences, remember
from bybit_async.bot.errors import EngineRefused, JournalError, LeaseHeld
from bybit_async.bot.journal import Journal, Put, open_store
from bybit_async.bot.journal.journal import meta
from bybit_async.bot.journal.tables import Row, Table
from bybit_async.bot.records import PortfolioSnapshot
from bybit_async.bot.risk import OrderRules, UnifiedRiskManager
from bybit_async.data import intervals
from bybit_async.errors import LeaseTaken
from bybit_async.leases import Lease
from bybit_async.models.market import Instrument
from bybit_async.session import AsyncBybit

if TYPE_CHECKING:
    from bybit_async.bot.data_manager import DataManager

log: logging.Logger = logging.getLogger("bybit_async.bot.engine")

_KEEP = 300
"""Executions that the account remembers: the journal has them all, and what was missed is asked for."""

_HEDGED = "{} in hedge mode: the engine needs one-way mode (position.switch_position_mode with mode=0)"

_SETTLE_PAUSE = 0.3
_SETTLE_TRIES = 10


class Rooms:
    """The parts of one run of the engine. Made by `open_rooms`, closed by `aclose`."""

    def __init__(
        self, client: BybitClient, risk: UnifiedRiskManager, data: DataManager | None, settings: BotSettings
    ) -> None:
        self.client = client
        self.data = data
        self.session: AsyncBybit = client.session
        self.risk = risk
        self.category: Any = settings.exchange.category
        self.stack: AsyncExitStack[bool | None] = AsyncExitStack()
        self.instruments: dict[str, Instrument] = {}
        self.prices: Prices
        self.journal: Journal
        self.desk: Desk
        self.guard: Guard
        self.recovery: Recovery
        self.lease: Lease
        self.flows: Flows = Flows(client.session, risk, settings.exchange.settle_coin)
        self.hedged: set[str] = set()
        self.shut: set[str] = set()
        self.named: frozenset[str] = frozenset()
        self.is_first = False
        self.laid_at_start = 0
        self.started_ms: int = self.now_ms()
        self.run_row: Row = {}
        self._is_recorded = False

    @property
    def settings(self) -> BotSettings:
        """The configuration as it is now."""
        return self.client.settings

    def now_ms(self) -> int:
        """Return the exchange's time in milliseconds."""
        return self.session.clock.now_ms()

    async def aclose(self) -> None:
        """Close everything, whatever fails on the way."""
        await self.stack.aclose()

    def record(self, table: Table, row: Row) -> None:
        """Keep what strategies of this run were shown or wanted; the first of it brings along what the run is."""
        puts = [Put(table, {"session": self.run_row["id"], **row})]
        self.journal.post(*(puts if self._is_recorded else [Put("sessions", self.run_row), *puts]))
        self._is_recorded = True

    def portfolio(self) -> PortfolioSnapshot:
        """Return the account as it is known now."""
        account, now_ms = self.desk.account, self.now_ms()
        positions = held_positions(account.positions.open, self.prices.quote)
        calls, errors = self.client.calls.counts()
        trades = (trade.working() for trade in self.desk.trades.active)
        uncertainty = self.session.clock.uncertainty
        wallet = account.wallet.current
        return PortfolioSnapshot(
            time_ms=now_ms,
            equity=equity_of(wallet, self.settings.exchange.settle_coin, positions) if self.flows.is_certain else None,
            available=None if wallet is None else wallet.total_available_balance,
            positions=positions,
            orders=(
                *working_orders(account.orders.open, trades, self.prices.quote),
                *untold(differences(positions, self.desk.lots), self.prices.quote),
            ),
            synced=account.synced and self.journal.is_healthy and self.desk.is_sound,
            data_age_ms=self._data_age_ms(now_ms),
            clock_error_ms=None if uncertainty == float("inf") else uncertainty,
            calls=calls,
            errors=errors,
        )

    def _data_age_ms(self, now_ms: int) -> int | None:
        """Return the age of the oldest data of what is traded or held; None if any are missing."""
        held = {position.symbol for position in self.desk.account.positions.open}
        # What cannot be traded has no news, and that of a symbol that was only asked about does not matter.
        traded = {symbol for symbol in self.named if symbol not in self.shut}
        used = traded | held | {trade.plan.symbol for trade in self.desk.trades.active}
        prices = self.prices.ages_ms(now_ms)
        ages = [prices.get(symbol) for symbol in used]
        if self.data is not None:
            ages += [self.data.age_ms(symbol) for symbol in used.intersection(self.data.symbols)]
        return None if None in ages else max((age for age in ages if age is not None), default=0)

    @property
    def recovered(self) -> Recovered:
        """What the start found out and changed."""
        return msgspec.structs.replace(self.recovery.recovered, stops=self.laid_at_start)

    def wanted_stops(self) -> dict[str, Decimal]:
        """Return the stop that was decided on for each symbol that is held."""
        found = {}
        for symbol in self.desk.lots.symbols:
            opener = self.desk.trades.get(self.desk.lots.opener(symbol))
            if opener is not None and opener.plan.stop_loss is not None:
                found[symbol] = opener.plan.stop_loss
        return found

    async def instrument(self, symbol: str, *, fresh: bool = False) -> Instrument:
        """Return a symbol's rules, and show them to the risk manager.

        Raises:
            InvalidParameter: there is no such symbol.
        """
        if fresh or symbol not in self.instruments:
            found = await self.client.instrument(symbol, fresh=fresh)
            self.instruments[symbol] = found
            self.risk.set_rules(symbol, rules_of(found))
            (self.shut.discard if found.status in (None, "Trading") else self.shut.add)(symbol)
        return self.instruments[symbol]

    async def renew_instruments(self) -> None:
        """Ask for the rules of every symbol, and its position mode, again: they may have changed overnight."""
        for symbol in list(self.instruments):
            try:
                await self.instrument(symbol, fresh=True)
                await self.look_at_mode(symbol)
            except InvalidParameter:
                # Delisted: what is left of it is the exchange's to settle, and no order may be sent.
                log.warning("%s is no longer listed", symbol)
                self.instruments.pop(symbol, None)
                self.shut.add(symbol)

    async def look_at_mode(self, symbol: str) -> None:
        """Find out whether a symbol is in hedge mode."""
        found = self.session.position.get_positions(category=self.category, symbol=symbol)
        # A symbol in hedge mode has two positions, flat or not, neither of them numbered 0.
        if any(position.position_idx for position in [item async for item in found]):
            self.hedged.add(symbol)
        else:
            self.hedged.discard(symbol)

    def impediments(self) -> list[str]:
        """Return, in words, what keeps the engine from trading until someone does something about it."""
        found = []
        if not self.lease.held:
            found.append(
                "the lease of this account was lost, another engine may trade it: stop this one and start it again"
            )
        if self.hedged:
            found.append(_HEDGED.format(", ".join(sorted(self.hedged))))
        if self.recovery.unflattened:
            names = ", ".join(sorted(self.recovery.unflattened))
            found.append(f"positions of someone else could not be closed yet: {names} (engine.on_foreign is flatten)")
        return found

    async def watch(self, symbol: str) -> None:
        """Have the price of a symbol followed, and its rules known.

        Raises:
            TimeoutError: it has no price.
        """
        if symbol not in self.instruments:
            await self.instrument(symbol)
            await self.look_at_mode(symbol)
        is_new = not self.prices.follows(symbol)
        try:
            await self.prices.wait(symbol, timeout=self.settings.exchange.timeout)
        except TimeoutError:
            if is_new:
                # Otherwise a signal for a symbol that no one trades would make the data of all others incomplete.
                self.prices.forget(symbol)
            raise TimeoutError(f"there is no price of {symbol}") from None


def rules_of(instrument: Instrument) -> OrderRules:
    """Return an instrument's steps and bounds as the risk manager takes them."""
    lots = instrument.lot_size_filter
    return OrderRules(
        tick=instrument.price_filter.tick_size,
        step=lots.step,
        least=lots.least or lots.step,
        most=getattr(lots, "max_mkt_order_qty", None) or getattr(lots, "max_order_qty", None),
        least_value=lots.least_value or Decimal(0),
    )


async def open_rooms(
    client: BybitClient,
    risk: UnifiedRiskManager,
    data: DataManager | None,
    config: ConfigurationManager,
    symbols: set[str],
) -> Rooms:
    """Open everything and bring it up to the exchange's state.

    Raises:
        LeaseHeld: another engine trades the account.
        JournalError: the journal cannot be used, or is another account's.
        EngineRefused: the account is not one that this engine can trade.
        BybitError: the exchange refuses, or cannot be reached.
    """
    rooms = Rooms(client, risk, data, client.settings)
    rooms.named = frozenset(symbols)
    try:
        await _open(rooms, symbols)
        if data is not None:
            # Last: what is held is protected by then, however long history takes.
            rooms.stack.push_async_callback(data.stop)
            await data.start(sorted(symbols))
            risk.closes_from(data.closes, intervals.length_of(rooms.settings.trading.interval) or 0)
        rooms.run_row = session_row(rooms.now_ms(), config, rooms.instruments, rooms.portfolio())
    except BaseException:
        await rooms.aclose()
        raise
    return rooms


async def _open(rooms: Rooms, symbols: set[str]) -> None:
    settings, session = rooms.settings, rooms.session
    identity = account_identity(settings, f"{session.environment.rest_url}/{rooms.client.account_id}")
    try:
        rooms.lease = await rooms.stack.enter_async_context(account_lease(settings, identity))
    except LeaseTaken as error:
        raise LeaseHeld(f"another engine trades this account ({error.holder}); stop it first") from None
    # The account that an earlier one tells of may have ended with its process.
    clear_the_way(settings)
    journal = rooms.journal = Journal(open_store(journal_url(settings)))
    rooms.stack.push_async_callback(journal.aclose)
    if not account_matches(journal, identity):
        raise JournalError("the journal is another account's: give each account one of its own (journal.url)")
    past = remember(journal)
    if past.risk is not None:
        rooms.risk.restore(past.risk)
    rooms.risk.recall_trades(closed_trades(past))
    rooms.prices = Prices(rooms.client.data_session, rooms.category)
    rooms.stack.push_async_callback(rooms.prices.aclose)
    rooms.prices.watch(*symbols)
    account = session.live_account(
        categories=(rooms.category,),
        settle_coins=(settings.exchange.settle_coin,),
        keep=_KEEP,
    )
    await rooms.stack.enter_async_context(account)
    rooms.is_first = past.began_ms is None
    began_ms = past.began_ms or rooms.now_ms()
    desk = rooms.desk = Desk(rooms.client, account, journal, rooms.risk, past.trades, past.lots)
    rooms.stack.push_async_callback(desk.aclose)
    desk.on_event = rooms.flows.take
    await rooms.flows.catch_up(rooms.now_ms())
    desk.begin(began_ms, past.known)
    events = account.events()
    # Nothing is awaited between the account's state and its news, so neither can miss what the other has.
    follower = asyncio.create_task(desk.follow(events), name="bybit_async bot follows the account")
    rooms.stack.push_async_callback(_ended, follower)
    rooms.recovery = Recovery(desk, settings.exchange.recv_window, past.asked_from_ms)
    held = {position.symbol for position in account.positions.open}
    for symbol in symbols | held:
        await rooms.instrument(symbol)
    await asyncio.gather(*(rooms.look_at_mode(symbol) for symbol in symbols | held))
    if rooms.hedged:
        raise EngineRefused(_HEDGED.format(", ".join(sorted(rooms.hedged))))
    try:
        within = min(settings.exchange.timeout, settings.engine.start_timeout / 2)
        await rooms.prices.wait(*symbols, *held, timeout=within)
    except TimeoutError:
        # As of a halted symbol: what is held is looked after anyway, and breakers see that data are missing.
        log.warning("not every symbol of %s has a price yet; nothing is traded until then", sorted(symbols | held))
    await _recover(rooms)
    if rooms.is_first:
        journal.post(meta("began_ms", began_ms), meta("seen_ms", began_ms))


async def _recover(rooms: Rooms) -> None:
    desk, recovery, settings = rooms.desk, rooms.recovery, rooms.settings
    await recovery.orders()
    await recovery.executions()
    await recovery.positions(await _settled_positions(rooms), settings.engine.on_foreign)
    rooms.guard = Guard(
        rooms.session,
        settings=lambda: rooms.settings,
        portfolio=rooms.portfolio,
        wanted=rooms.wanted_stops,
        instruments=rooms.instruments,
        close=desk.flatten,
    )
    await rooms.guard.check()
    rooms.laid_at_start = rooms.guard.laid


async def _settled_positions(rooms: Rooms) -> Any:
    """Return the positions once they and the executions tell the same, or have differed for a while."""
    positions = rooms.portfolio().positions
    for _ in range(_SETTLE_TRIES):
        if rooms.is_first or not differences(positions, rooms.desk.lots):
            break
        # News of an execution and of the position it makes come one after the other.
        await asyncio.sleep(_SETTLE_PAUSE)
        await rooms.recovery.executions()
        before, positions = positions, rooms.portfolio().positions
        if differences(before, rooms.desk.lots) == differences(positions, rooms.desk.lots):
            break
    return positions


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
