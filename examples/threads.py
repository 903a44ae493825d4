"""One blocking session shared by many threads."""

from concurrent.futures import ThreadPoolExecutor

from bybit_async import Bybit
from bybit_async.simulator import SimulatedExchange

SYMBOLS = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT"]


def main() -> None:
    with (
        SimulatedExchange(seed=7, symbols=SYMBOLS) as exchange,
        Bybit(environment=exchange.environment) as bybit,
        ThreadPoolExecutor(max_workers=4) as threads,
    ):

        def last_close(symbol: str) -> str:
            candles = bybit.market.get_kline(category="linear", symbol=symbol, interval="60", limit=2)
            return f"{symbol}: {candles[0].close}"

        for line in threads.map(last_close, SYMBOLS):
            print(line)


if __name__ == "__main__":
    main()
