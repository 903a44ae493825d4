"""A script without an event loop."""

from bybit_async import Bybit
from bybit_async.simulator import SimulatedExchange


def main() -> None:
    with (
        SimulatedExchange(seed=7, symbols=["BTCUSDT"]) as exchange,
        Bybit(environment=exchange.environment, **exchange.new_account(usdt="10000")) as bybit,
    ):
        bybit.trade.place_order(category="linear", symbol="BTCUSDT", side="Buy", order_type="Market", qty="0.01")
        for order in bybit.trade.get_order_history(category="linear"):
            print(order.side, order.cum_exec_qty, order.order_status)
        for trade in bybit.stream.trades("BTCUSDT", category="linear", timeout=10):
            print(trade.side, trade.size, trade.price)
            break


if __name__ == "__main__":
    main()
