"""`log_to_stderr`: one line shows what the library says, once, and no secret."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bybit_async import InvalidParameter, log_to_stderr

SCRIPT = """
import asyncio, logging
from bybit_async import AsyncBybit, RequestRejected, log_to_stderr
from bybit_async.simulator import SimulatedExchange

logging.basicConfig(level="DEBUG", format="root %(message)s")
log_to_stderr("WARNING")
log_to_stderr("DEBUG")

async def main():
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"]) as exchange:
        async with AsyncBybit(environment=exchange.environment, **exchange.new_account(usdt="1")) as bybit:
            print(bybit._signer.api_key)
            await bybit.account.get_wallet_balance(account_type="UNIFIED")

asyncio.run(main())
"""


def test_a_line_shows_each_request_once_and_no_key() -> None:
    ran = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    shown = [line for line in ran.stderr.splitlines() if "/v5/account/wallet-balance" in line and "transport" in line]
    assert len(shown) == 1, ran.stderr
    assert "DEBUG" in shown[0]
    assert not [line for line in ran.stderr.splitlines() if line.startswith("root") and "/v5/account" in line]
    assert ran.stdout.strip() not in ran.stderr


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(InvalidParameter, match=r"level: .*did you mean 'DEBUG'"):
        log_to_stderr("debug")  # type: ignore[arg-type]
