"""Funding: longs pay shorts (or the reverse) at fixed times, on the mark value of their positions.

Every eight hours the gains and losses of contracts settled in USDC are paid out as well, and new sessions start.
"""

from decimal import Decimal

from bybit_async.simulator.engine.accounts import Position
from bybit_async.simulator.engine.amounts import ZERO, grain
from bybit_async.simulator.engine.executions import AccountExecution
from bybit_async.simulator.engine.instruments import value_at
from bybit_async.simulator.engine.journal import LogEntry, Settlement
from bybit_async.simulator.engine.ledger import CLEARING, FEES
from bybit_async.simulator.engine.listing import Listing
from bybit_async.simulator.engine.state import State

MINUTE_MS = 60_000
SESSION_MS = 8 * 60 * MINUTE_MS


class Funding:
    """Settles funding."""

    def __init__(self, state: State) -> None:
        self._state = state

    def schedule(self, listing: Listing) -> None:
        """Note when the listing's next funding is due, on whole intervals of the day."""
        interval = listing.instrument.funding_interval_min * MINUTE_MS
        if interval:
            listing.next_funding_ms = (self._state.clock.now_ms() // interval + 1) * interval

    def settle(self, listing: Listing) -> None:
        """Move funding payments between all accounts that hold the contract."""
        if listing.status == "Closed":
            return
        listing.seq += 1
        kept = ZERO
        session = _ends_session(listing, self._state.clock.now_ms())
        for account in self._state.accounts.values():
            for position in list(account.exposed.values()):
                if position.listing is listing and position.net:
                    gain = self._pay_out(position) if session else ZERO
                    kept -= self._pay(position, gain)
        # Roundings of inverse values do not cancel out exactly; the exchange keeps or bears them.
        self._state.ledger.move(listing.instrument.settle, kept, CLEARING, FEES)

    def _pay_out(self, position: Position) -> Decimal:
        """Pay out (or collect) what a position has gained since the last session; returns it."""
        listing, account = position.listing, position.account
        coin, before = listing.instrument.settle, position.session_price
        gain = position.settle(listing.fair_price)
        self._state.ledger.move(coin, gain, CLEARING, account.uid)
        position.cur_realised += gain
        position.cum_realised += gain
        account.realised[coin] = account.realised.get(coin, ZERO) + gain
        if account.isolated:
            position.margin += gain
        if not account.house:
            account.settlements.append(
                Settlement(
                    symbol=listing.instrument.symbol,
                    side="Buy" if position.net > 0 else "Sell",
                    size=position.size,
                    session_price=before,
                    mark_price=listing.fair_price,
                    pnl=gain,
                    time_ms=self._state.clock.now_ms(),
                )
            )
        return gain

    def _pay(self, position: Position, gain: Decimal) -> Decimal:
        """Pay or collect one position's funding; returns what the account received."""
        listing, account = position.listing, position.account
        coin = listing.instrument.settle
        value = value_at(listing.instrument, listing.fair_price, position.size)
        amount = grain(value * listing.funding_rate)
        received = -amount if position.net > 0 else amount
        self._state.ledger.move(coin, received, CLEARING, account.uid)
        position.cur_realised += received
        position.cum_realised += received
        account.realised[coin] = account.realised.get(coin, ZERO) + received
        self._spare_margin(position, received)
        self._state.touch(account)
        if not account.house:
            self._record(position, value, received, gain)
        return received

    def _spare_margin(self, position: Position, received: Decimal) -> None:
        """Under isolated margin the position's own margin pays what the free balance cannot."""
        account = position.account
        if not account.isolated or received >= 0:
            return
        coin = position.listing.instrument.settle
        aside = sum((p.margin for p in account.exposed.values() if p.listing.instrument.settle == coin), ZERO)
        short = aside - account.free(coin)
        if short > 0:
            position.margin = max(ZERO, position.margin - short)

    def _record(self, position: Position, value: Decimal, received: Decimal, gain: Decimal) -> None:
        listing, account = position.listing, position.account
        instrument = listing.instrument
        side = "Buy" if position.net > 0 else "Sell"
        rate = listing.funding_rate if position.net > 0 else -listing.funding_rate
        execution = AccountExecution(
            category=instrument.category,
            symbol=instrument.symbol,
            exec_id=self._state.ids.unique(),
            order_id=self._state.ids.unique(),
            order_link_id="",
            side="Buy" if position.net > 0 else "Sell",
            exec_type="Funding",
            order_type="UNKNOWN",
            price=listing.fair_price,
            qty=position.size,
            value=value,
            fee=-received,
            fee_rate=rate,
            fee_coin=instrument.settle,
            is_maker=False,
            time_ms=self._state.clock.now_ms(),
            seq=listing.seq,
            mark_price=listing.mark_price,
        )
        account.executions.append(execution)
        self._state.outbox.execution(account, execution)
        self._state.outbox.position(position)
        self._state.log(
            account,
            LogEntry(
                id=f"{account.uid}_{instrument.symbol}_{listing.seq}",
                time_ms=execution.time_ms,
                type="SETTLEMENT",
                currency=instrument.settle,
                category=instrument.category,
                symbol=instrument.symbol,
                side=side,
                qty=position.size,
                size=position.net,
                price=listing.fair_price,
                cash_flow=gain,
                funding=received,
                fee_rate=rate,
                base=instrument.base,
                trade_id=execution.exec_id,
                order_id=execution.order_id,
            ),
        )


def _ends_session(listing: Listing, now: int) -> bool:
    instrument = listing.instrument
    return instrument.category == "linear" and instrument.settle == "USDC" and now % SESSION_MS == 0
