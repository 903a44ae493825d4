"""What the operator of an exchange does for its accounts: open them, fund them, allow and withhold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from bybit_async.simulator.custody.chains import chain_of
from bybit_async.simulator.custody.withdrawals import SavedAddress
from bybit_async.simulator.durations import milliseconds_of
from bybit_async.simulator.engine.accounts import Account
from bybit_async.simulator.engine.engine import Number
from bybit_async.simulator.engine.instruments import Category
from bybit_async.simulator.keys import Credentials
from bybit_async.simulator.venue import SimulatedVenue


class Administration:
    """The accounts' side of a `SimulatedExchange`."""

    def __init__(self, venue: SimulatedVenue) -> None:
        self._venue = venue

    def new_account(
        self,
        *,
        usdt: Number = "0",
        coins: Mapping[str, Number] | None = None,
        read_only: bool = False,
        permissions: Mapping[str, list[str]] | None = None,
        ips: Iterable[str] = (),
        expires_at: int = 0,
        rsa_public_key: str = "",
        smp_group: int = 0,
    ) -> Credentials:
        """Open an account with these deposits and return its `api_key` and `api_secret`.

        `expires_at` is in milliseconds (0: never); with an RSA public key (PEM) the secret is not used. Accounts of one
        `smp_group` (0: of none) do not trade with each other where an order asks for self-match prevention.
        """
        balances = {"USDT": Decimal(usdt), **{coin: Decimal(amount) for coin, amount in (coins or {}).items()}}
        account = self._venue.engine.create_account(
            balances={coin: amount for coin, amount in balances.items() if amount}, smp_group=smp_group
        )
        options: dict[str, Any] = {} if permissions is None else {"permissions": dict(permissions)}
        key = self._venue.keys.issue(
            account.uid,
            self._venue.clock.now_ms(),
            read_only=read_only,
            ips=tuple(ips),
            expires_at=expires_at,
            rsa_public_key=rsa_public_key,
            **options,
        )
        return {"api_key": key.key, "api_secret": key.secret}

    def deposit(
        self, api_key: str, coin: str, amount: Number, *, chain: str = "", duration: str | int | timedelta = 0
    ) -> str:
        """Let money arrive at an account's deposit address and return the transaction id.

        It is confirmed in steps while `duration` of exchange time passes, then credited to the funding wallet (or
        where `/v5/asset/deposit/deposit-to-account` says); with no duration at once. The chain is the coin's first
        one unless named.

        Raises:
            KeyError: the key is unknown.
            ValueError: the coin does not travel on that chain.
        """
        found = chain_of(coin, chain)
        if found is None:
            raise ValueError(f"{coin} does not travel on {chain}")
        uid = self.account(api_key).uid
        return self._venue.deposits.announce(uid, found, Decimal(str(amount)), milliseconds_of(duration)).tx_id

    def allow_withdrawals(self, api_key: str, address: str, *, coin: str = "", chain: str = "", tag: str = "") -> None:
        """Put an address (or the uid of another account) into an account's address book; any coin unless named.

        Raises:
            KeyError: the key is unknown.
        """
        saved = SavedAddress(coin, chain, address, tag, self._venue.clock.now_ms())
        self._venue.withdrawals.save_address(self.account(api_key).uid, saved)

    def allow_market_making(self, api_key: str) -> None:
        """Approve an account for market maker protection of option quotes (`mmp`); others are refused with 110065.

        Raises:
            KeyError: the key is unknown.
        """
        self._venue.engine.approve_market_making(self.account(api_key))

    def allow_rpi(self, api_key: str) -> None:
        """Approve an account to place retail price improvement (RPI) orders; others are refused with 110119, 170355.

        Raises:
            KeyError: the key is unknown.
        """
        self.account(api_key).rpi_maker = True

    def withhold(self, api_key: str, *categories: Category) -> None:
        """Treat an account as one of a region that has no such products; its orders are refused (110132, 170209).

        What was withheld before is offered again. For a region that is shut out of everything, let a fault answer with
        10009.

        Raises:
            KeyError: the key is unknown.
        """
        self.account(api_key).withheld = set(categories)

    def account(self, api_key: str) -> Account:
        """Return the account that a key belongs to; raises `KeyError` for an unknown key."""
        key = self._venue.keys.find(api_key)
        if key is None:
            raise KeyError("no such key")
        return self._venue.engine.accounts[key.uid]
