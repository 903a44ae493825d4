"""What the trading bot endpoints accept and answer."""

from bybit_async.models.trading_bot.dca import DcaAck, DcaCloseAck, DcaPair
from bybit_async.models.trading_bot.futures_combo import (
    ComboSymbol,
    ComboSymbolState,
    FuturesComboAck,
    FuturesComboBot,
    FuturesComboCheck,
    FuturesComboDetail,
    ValueLimit,
)
from bybit_async.models.trading_bot.futures_grid import (
    FuturesGridAck,
    FuturesGridBot,
    FuturesGridCheck,
    FuturesGridDetail,
)
from bybit_async.models.trading_bot.futures_martingale import (
    FuturesMartingaleAck,
    FuturesMartingaleBot,
    FuturesMartingaleCheck,
    FuturesMartingaleDetail,
)
from bybit_async.models.trading_bot.spot_grid import (
    BotAck,
    SpotGridAck,
    SpotGridBot,
    SpotGridCheck,
    SpotGridDetail,
    ValueRange,
)

__all__ = [
    "BotAck",
    "ComboSymbol",
    "ComboSymbolState",
    "DcaAck",
    "DcaCloseAck",
    "DcaPair",
    "FuturesComboAck",
    "FuturesComboBot",
    "FuturesComboCheck",
    "FuturesComboDetail",
    "FuturesGridAck",
    "FuturesGridBot",
    "FuturesGridCheck",
    "FuturesGridDetail",
    "FuturesMartingaleAck",
    "FuturesMartingaleBot",
    "FuturesMartingaleCheck",
    "FuturesMartingaleDetail",
    "SpotGridAck",
    "SpotGridBot",
    "SpotGridCheck",
    "SpotGridDetail",
    "ValueLimit",
    "ValueRange",
]
