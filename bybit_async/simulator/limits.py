"""How often an account may call: Bybit's documented figures, per account, endpoint and category."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import msgspec

TRADED = ("linear", "inverse", "option", "spot")


class CallLimit(NamedTuple):
    """At most so many calls in `window` milliseconds."""

    calls: int
    window: int = 1_000


class LimitVerdict(NamedTuple):
    """What a limiter says to one call: how many calls of the cost passed, and the figures for the headers."""

    passed: int
    limit: int
    remaining: int
    reset: int


def _orders(linear: int, inverse: int, option: int, spot: int) -> dict[str, CallLimit]:
    return dict(zip(TRADED, map(CallLimit, (linear, inverse, option, spot)), strict=True))


def _every(count: int, window: int = 1_000) -> dict[str, CallLimit]:
    return {"": CallLimit(count, window)}


ORDER_LIMITS = {
    "/v5/order/create": _orders(10, 10, 10, 20),
    "/v5/order/amend": _orders(10, 10, 10, 10),
    "/v5/order/cancel": _orders(10, 10, 10, 20),
    "/v5/order/cancel-all": _orders(10, 10, 1, 20),
    "/v5/order/create-batch": _orders(10, 10, 10, 20),
    "/v5/order/amend-batch": _orders(10, 10, 10, 20),
    "/v5/order/cancel-batch": _orders(10, 10, 10, 20),
    "/v5/order/pre-check": _orders(10, 10, 10, 20),
}

LIMITS: dict[str, dict[str, CallLimit]] = {
    **ORDER_LIMITS,
    "/v5/order/disconnected-cancel-all": _every(5),
    "/v5/order/realtime": _every(50),
    "/v5/order/history": _every(50),
    "/v5/order/spot-borrow-check": _every(50),
    "/v5/execution/list": _every(50),
    "/v5/position/list": _every(50),
    "/v5/position/closed-pnl": _every(50),
    "/v5/account/borrow-history": _every(50),
    "/v5/position/set-leverage": _every(10),
    "/v5/position/switch-mode": _every(10),
    "/v5/position/switch-isolated": _every(10),
    "/v5/position/trading-stop": _every(10),
    "/v5/position/set-auto-add-margin": _every(10),
    "/v5/position/set-risk-limit": _every(10),
    "/v5/position/add-margin": _every(10),
    "/v5/account/wallet-balance": _every(50),
    "/v5/account/withdrawal": _every(50),
    "/v5/account/collateral-info": _every(50),
    "/v5/asset/coin-greeks": _every(50),
    "/v5/account/transaction-log": _every(25),
    "/v5/account/fee-rate": _every(5),
    "/v5/account/info": _every(50),
    "/v5/account/instruments-info": _every(10),
    "/v5/account/query-dcp-info": _every(5),
    "/v5/account/smp-group": _every(5),
    "/v5/account/set-margin-mode": _every(5),
    "/v5/account/set-collateral-switch-batch": _every(5),
    "/v5/account/demo-apply-money": _every(1, 60_000),
    "/v5/account/user-setting-config": _every(50),
    "/v5/account/set-limit-px-action": _every(10),
    "/v5/asset/transfer/save-transfer-sub-member": _every(20),
    "/v5/position/get-closed-positions": _every(50),
    "/v5/spot-margin-trade/set-auto-repay-mode": _every(5),
    "/v5/spot-margin-trade/get-auto-repay-mode": _every(50),
    "/v5/account/mmp-modify": _every(5),
    "/v5/account/mmp-reset": _every(5),
    "/v5/account/borrow": _every(1),
    "/v5/account/repay": _every(1),
    "/v5/account/no-convert-repay": _every(1),
    "/v5/account/quick-repayment": _every(1),
    "/v5/spot-margin-trade/switch-mode": _every(5),
    "/v5/spot-margin-trade/set-leverage": _every(5),
    "/v5/spot-margin-trade/state": _every(50),
    "/v5/spot-margin-trade/coinstate": _every(50),
    "/v5/spot-margin-trade/max-borrowable": _every(50),
    "/v5/spot-margin-trade/repayment-available-amount": _every(50),
    "/v5/spot-margin-trade/liability": _every(5),
    "/v5/position/confirm-pending-mmr": _every(10),
    "/v5/position/move-positions": _every(10),
    "/v5/position/move-history": _every(10),
    "/v5/asset/asset-overview": _every(50),
    "/v5/asset/total-members-assets": _every(50),
    "/v5/asset/fundinghistory": _every(30),
    "/v5/asset/covert/small-balance-list": _every(10),
    "/v5/asset/covert/small-balance-history": _every(5),
    "/v5/asset/covert/get-quote": _every(5),
    "/v5/asset/covert/small-balance-execute": _every(5),
    "/v5/asset/transfer/query-asset-info": _every(60, 60_000),
    "/v5/asset/transfer/query-transfer-coin-list": _every(60, 60_000),
    "/v5/asset/transfer/query-inter-transfer-list": _every(60, 60_000),
    "/v5/asset/transfer/query-sub-member-list": _every(60, 60_000),
    "/v5/asset/transfer/query-universal-transfer-list": _every(5),
    "/v5/asset/transfer/query-account-coins-balance": _every(5),
    "/v5/asset/transfer/query-account-coin-balance": _every(450),
    "/v5/asset/transfer/inter-transfer": _every(60, 60_000),
    "/v5/asset/transfer/universal-transfer": _every(5),
    "/v5/asset/withdraw/withdrawable-amount": _every(300),
    "/v5/asset/withdraw/query-record": _every(300, 60_000),
    "/v5/asset/withdraw/create": _every(5),
    "/v5/asset/withdraw/cancel": _every(60, 60_000),
    "/v5/asset/deposit/query-record": _every(100, 60_000),
    "/v5/asset/deposit/query-address": _every(300, 60_000),
    "/v5/asset/deposit/query-sub-member-record": _every(300, 60_000),
    "/v5/asset/deposit/query-sub-member-address": _every(300, 60_000),
    "/v5/asset/deposit/query-internal-record": _every(300),
    "/v5/asset/deposit/deposit-to-account": _every(300),
    "/v5/asset/withdraw/query-address": _every(300),
    "/v5/asset/exchange/query-coin-list": _every(30),
    "/v5/asset/exchange/quote-apply": _every(20),
    "/v5/asset/exchange/convert-execute": _every(20),
    "/v5/asset/exchange/convert-result-query": _every(50),
    "/v5/asset/exchange/query-convert-history": _every(50),
    "/v5/asset/exchange/order-record": _every(600, 60_000),
    "/v5/asset/coin/query-info": _every(5),
    "/v5/asset/delivery-record": _every(50),
    "/v5/asset/settlement-record": _every(50),
    "/v5/user/query-api": _every(10),
    "/v5/user/create-sub-member": _every(1),
    "/v5/user/create-sub-api": _every(1),
    "/v5/user/query-sub-members": _every(10),
    "/v5/user/submembers": _every(5),
    "/v5/user/escrow_sub_members": _every(5),
    "/v5/user/sub-apikeys": _every(10),
    "/v5/user/get-member-type": _every(10),
    "/v5/user/frozen-sub-member": _every(5),
    "/v5/user/del-submember": _every(5),
    "/v5/user/update-api": _every(5),
    "/v5/user/update-sub-api": _every(5),
    "/v5/user/delete-api": _every(5),
    "/v5/user/delete-sub-api": _every(5),
}


def limit_of(path: str, category: str) -> CallLimit | None:
    """Return the limit of a path for a category, or None where no limit per account is documented."""
    limits = LIMITS.get(path)
    return None if limits is None else limits.get(category) or limits.get("")


class AccountLimiter:
    """Counts the calls of every account over rolling windows."""

    def __init__(self) -> None:
        self._calls: dict[tuple[int, str, str], deque[int]] = {}

    def spend(self, uid: int, path: str, category: str, now: int, cost: int = 1) -> LimitVerdict | None:
        """Count `cost` calls at time `now`; as many pass as the window has room for. None: nothing is counted."""
        limit = limit_of(path, category)
        if limit is None:
            return None
        calls = self._calls.setdefault((uid, path, category), deque())
        while calls and calls[0] <= now - limit.window:
            calls.popleft()
        passed = min(cost, limit.calls - len(calls))
        calls.extend([now] * passed)
        reset = now if passed == cost else calls[0] + limit.window
        return LimitVerdict(passed, limit.calls, limit.calls - len(calls), reset)


class HostLimiter:
    """Counts the requests of every address: too many in five seconds, and it is shut out for ten minutes."""

    def __init__(self, limit: CallLimit | None, ban: int = 600_000) -> None:
        self._limit = limit
        self._ban = ban
        self._requests: dict[str, deque[int]] = {}
        self._banned: dict[str, int] = {}

    def allows(self, address: str, now: int) -> bool:
        """Count one request and return whether it may be served."""
        if self._limit is None:
            return True
        if self._banned.get(address, 0) > now:
            return False
        requests = self._requests.setdefault(address, deque())
        while requests and requests[0] <= now - self._limit.window:
            requests.popleft()
        requests.append(now)
        if len(requests) <= self._limit.calls:
            return True
        self._banned[address] = now + self._ban
        requests.clear()
        return False


class SocketLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How much order entry sockets may ask for; None where there is no limit.

    Attributes:
        sessions: logged-in sockets of one account; one more is refused with 10003.
        requests: requests a second in one session; more are refused with 20003.
        host_requests: requests a second from one address; more are refused with 10403.
    """

    sessions: int | None = None
    requests: int | None = None
    host_requests: int | None = 3_000

    @classmethod
    def none(cls) -> SocketLimits:
        """Return limits that nothing overruns."""
        return cls(host_requests=None)


class Rate:
    """Counts over one rolling second; None: without limit."""

    def __init__(self, most: int | None) -> None:
        self._most = most
        self._times: deque[int] = deque()

    def allows(self, now: int) -> bool:
        """Count one request and return whether it may pass."""
        if self._most is None:
            return True
        times = self._times
        while times and times[0] <= now - 1_000:
            times.popleft()
        if len(times) >= self._most:
            return False
        times.append(now)
        return True


class SocketLimiter:
    """Counts what order entry sockets ask for."""

    def __init__(self, limits: SocketLimits) -> None:
        self.limits = limits
        self._hosts: dict[str, Rate] = {}

    def session(self) -> Rate:
        """Return the counter of a new session."""
        return Rate(self.limits.requests)

    def host_allows(self, address: str, now: int) -> bool:
        """Count one request from an address and return whether it may pass."""
        rate = self._hosts.get(address)
        if rate is None:
            rate = self._hosts[address] = Rate(self.limits.host_requests)
        return rate.allows(now)
