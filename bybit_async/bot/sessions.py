"""The sessions of one configuration: where orders go, and where market data come from."""

from __future__ import annotations

from contextlib import AsyncExitStack
from tempfile import TemporaryDirectory
from typing import NamedTuple

from bybit_async import AsyncBybit, Environment, Hooks
from bybit_async.bot.configuration import BotSettings


class Sessions(NamedTuple):
    """Open sessions; `data` is `trading` itself unless a paper account trades the market of another exchange."""

    trading: AsyncBybit
    data: AsyncBybit
    has_key: bool


async def open_sessions(settings: BotSettings, hooks: Hooks, stack: AsyncExitStack) -> Sessions:
    """Open the sessions of a configuration, and the exchange inside the process that it may need, on a stack.

    Raises:
        ConfigurationInvalid: the configuration cannot be used.
        BybitError: the live exchange of a paper account cannot be reached.
    """
    exchange, folder = settings.exchange, settings.data.directory

    def made(environment: Environment | str, key: str = "", secret: str = "", *, at: str = folder) -> AsyncBybit:
        return AsyncBybit(
            environment=environment,
            api_key=key or None,
            api_secret=secret or None,
            timeout=exchange.timeout,
            recv_window=exchange.recv_window,
            orders_via=exchange.orders_via,
            data_dir=at or None,
            hooks=hooks,
        )

    if exchange.mode == "live":
        session = await stack.enter_async_context(made(exchange.address, exchange.api_key, exchange.api_secret))
        return Sessions(session, session, bool(exchange.api_key))
    if exchange.mode == "paper":
        from bybit_async.bot.paper import paper_account

        data = await stack.enter_async_context(made(exchange.address))
        # The account lives by the live exchange's clock.
        await data.get_server_time()
        account = await stack.enter_async_context(paper_account(settings, data))
        environment = account.exchange.environment
        session = await stack.enter_async_context(made(environment, account.api_key, account.api_secret))
        return Sessions(session, data, has_key=True)
    from bybit_async.bot.embedded import embedded_exchange

    inside = await stack.enter_async_context(embedded_exchange(settings))
    keys = inside.new_account(usdt=str(exchange.simulated_balance))
    # The market is made up, and gone with the exchange: its history must not be taken for that of another one.
    at = folder or stack.enter_context(TemporaryDirectory(prefix="bybit_async-"))
    session = made(inside.environment, keys["api_key"], keys["api_secret"], at=at)
    await stack.enter_async_context(session)
    return Sessions(session, session, has_key=True)
