"""Every key of the configuration: its type, allowed values, default and meaning. Nothing else says them again.

Keys marked `FIXED` cannot be changed while an engine runs; values marked `SECRET` are never shown.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, field
from typing_extensions import dataclass_transform

FIXED = {"fixed": True}
SECRET = {"secret": True, "fixed": True}

Mode = Literal["live", "paper", "simulated"]
"""``live``: orders go to the address; ``paper``: its market, a simulated account; ``simulated``: a made-up market."""

Interval = Literal["1", "3", "5", "15", "30", "60", "120", "240", "360", "720", "D", "W"]


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
class Section(msgspec.Struct, frozen=True):
    """Base of the sections; a secret is never part of what one looks like."""

    def __repr__(self) -> str:
        hidden = {name for name, marks in _marks(type(self)).items() if marks.get("secret")}
        shown = [f"{name}={'***' if name in hidden else repr(getattr(self, name))}" for name in self.__struct_fields__]
        return f"{type(self).__name__}({', '.join(shown)})"


@cache
def _marks(section: type[Section]) -> dict[str, dict[str, Any]]:
    info = msgspec.inspect.type_info(section)
    assert isinstance(info, msgspec.inspect.StructType)
    kinds = {item.name: item.type for item in info.fields}
    return {name: (kind.extra or {}) for name, kind in kinds.items() if isinstance(kind, msgspec.inspect.Metadata)}


class ExchangeSettings(Section):
    """Where the bot trades, and with which key."""

    address: Annotated[
        str,
        Meta(
            description="mainnet, testnet, demo, simulated (an exchange inside the bot's own process), or a URL.",
            extra=FIXED,
        ),
    ] = "simulated"
    paper: Annotated[
        bool,
        Meta(
            description="Whether to trade the address's live market on a simulated account; no key is used.",
            extra=FIXED,
        ),
    ] = False
    category: Annotated[
        Literal["linear", "inverse", "spot"], Meta(description="What kind of instruments is traded.", extra=FIXED)
    ] = "linear"
    settle_coin: Annotated[str, Meta(description="The coin that profit and equity are counted in.", extra=FIXED)] = (
        "USDT"
    )
    api_key: Annotated[
        str, Meta(description="The API key; BYBIT_API_KEY of the environment where it is empty.", extra=SECRET)
    ] = ""
    api_secret: Annotated[
        str, Meta(description="Its secret; BYBIT_API_SECRET of the environment where it is empty.", extra=SECRET)
    ] = ""
    orders_via: Annotated[Literal["rest", "websocket"], Meta(description="How orders are sent.", extra=FIXED)] = "rest"
    timeout: Annotated[float, Meta(ge=1, le=60, description="Seconds that one call may take.", extra=FIXED)] = 10.0
    recv_window: Annotated[
        int, Meta(ge=500, le=60_000, description="Milliseconds that a signed request stays valid.", extra=FIXED)
    ] = 5000
    simulated_balance: Annotated[
        float, Meta(gt=0, description="What a simulated or paper account starts with, in USDT.", extra=FIXED)
    ] = 100_000.0
    simulated_seed: Annotated[int, Meta(description="What a simulated market is made from.", extra=FIXED)] = 0

    @property
    def mode(self) -> Mode:
        """Whose market and whose money it is."""
        if self.paper:
            return "paper"
        return "simulated" if self.address == "simulated" else "live"


class TradingSettings(Section):
    """What is traded and how orders are made."""

    symbols: Annotated[
        list[str], Meta(min_length=1, description="The symbols that strategies trade unless they name their own.")
    ] = field(default_factory=lambda: ["BTCUSDT"])
    interval: Annotated[
        Interval, Meta(description="Length of the candles that decisions are made on: minutes, D or W.", extra=FIXED)
    ] = "1"
    max_position_size: Annotated[
        float, Meta(gt=0, le=1, description="Most that one position may be worth, as a fraction of equity.")
    ] = 0.1
    max_open_positions: Annotated[int, Meta(ge=1, description="Most positions at a time.")] = 10
    enable_stop_loss: Annotated[
        bool, Meta(description="Whether every entry carries a stop, and every position that is found bare gets one.")
    ] = True
    stop_loss_distance: Annotated[
        float,
        Meta(gt=0, lt=1, description="Distance of the stop where a signal names none, as a fraction of its price."),
    ] = 0.02
    enable_take_profit: Annotated[bool, Meta(description="Whether the target of a signal is sent.")] = True
    order_type: Annotated[
        Literal["limit", "market"], Meta(description="How entries are sent where a signal does not say.")
    ] = "market"
    time_in_force: Annotated[
        Literal["GTC", "IOC", "FOK", "PostOnly"], Meta(description="How long a limit order stays.")
    ] = "GTC"
    max_slippage: Annotated[
        float,
        Meta(
            gt=0, le=0.1, description="How far the price may have moved from a signal's before the signal is refused."
        ),
    ] = 0.01
    max_signal_age: Annotated[float, Meta(gt=0, description="Seconds after which a signal is too old to trade.")] = 30.0


class RiskSettings(Section):
    """Limits; a breaker that is tripped stays so over restarts until it is reset."""

    max_portfolio_risk: Annotated[
        float, Meta(gt=0, le=1, description="Most that one trade may lose at its stop, as a fraction of equity.")
    ] = 0.02
    max_daily_loss: Annotated[
        float, Meta(gt=0, le=1, description="Loss since midnight UTC that ends the day, as a fraction of equity.")
    ] = 0.03
    max_drawdown: Annotated[
        float, Meta(gt=0, le=1, description="Drop from the highest equity that stops trading, as a fraction of it.")
    ] = 0.1
    max_consecutive_losses: Annotated[int, Meta(ge=1, description="Losing trades in a row that stop trading.")] = 6
    max_exposure: Annotated[
        float, Meta(gt=0, description="Most that all positions may be worth, as a multiple of equity.")
    ] = 1.0
    max_leverage: Annotated[float, Meta(gt=0, le=100, description="Most exposure per equity before trading stops.")] = (
        3.0
    )
    max_volatility: Annotated[
        float, Meta(gt=0, description="Annualised volatility of a symbol above which it is not traded.")
    ] = 3.0
    max_data_age: Annotated[
        float, Meta(gt=0, description="Seconds without market data after which nothing is decided.")
    ] = 90.0
    max_error_rate: Annotated[
        float, Meta(gt=0, le=1, description="Share of failed calls in a minute that stops trading.")
    ] = 0.5
    max_clock_error: Annotated[
        float, Meta(gt=0, description="Milliseconds that the clock may be off before trading stops.")
    ] = 1000.0
    sizing: Annotated[
        Literal["signal", "fixed_fraction", "volatility", "kelly"],
        Meta(description="How a trade is sized; signal takes the signal's quantity, cut to the limits."),
    ] = "signal"
    kelly_cap: Annotated[
        float, Meta(gt=0, le=1, description="Most that Kelly's criterion may stake, as a fraction of equity.")
    ] = 0.1
    on_breaker: Annotated[
        Literal["pause", "flatten", "emergency_stop"],
        Meta(description="What the engine does when a breaker trips; pause and flatten cancel entries, too."),
    ] = "pause"


class StrategySettings(Section):
    """One strategy."""

    type: Annotated[
        str,
        Meta(description="crossover, rsi, reversion, imbalance, grid, or a class of yours as package.module:Class."),
    ]
    enabled: Annotated[bool, Meta(description="Whether it runs.")] = True
    symbols: Annotated[list[str], Meta(description="What it trades; trading.symbols where empty.")] = field(
        default_factory=list
    )
    parameters: Annotated[dict[str, Any], Meta(description="What its constructor takes beyond the usual.")] = field(
        default_factory=dict
    )


class JournalSettings(Section):
    """Where the bot writes down what it does, before it does it."""

    url: Annotated[
        str,
        Meta(
            description="sqlite:///path, or with the sql extra a database address as postgresql+psycopg://host/name.",
            extra=SECRET,
        ),
    ] = "sqlite:///bot/journal.sqlite3"


class MonitorSettings(Section):
    """The monitor page."""

    address: Annotated[str, Meta(description="host:port to serve it on; nowhere where empty.", extra=FIXED)] = ""
    public: Annotated[
        bool,
        Meta(description="Whether the address may be one that other machines can reach; it needs TLS.", extra=FIXED),
    ] = False
    certificate: Annotated[str, Meta(description="File of the TLS certificate, in PEM.", extra=FIXED)] = ""
    private_key: Annotated[str, Meta(description="File of its private key, in PEM.", extra=FIXED)] = ""
    hosts: Annotated[
        list[str], Meta(description="Names besides the address that the page is reached by.", extra=FIXED)
    ] = field(default_factory=list)
    max_journal_lag: Annotated[
        float, Meta(gt=0, description="Seconds that a row may wait to be written before health is red.")
    ] = 2.0


class WebhookSettings(Section):
    """One place that alerts are posted to."""

    url: Annotated[str, Meta(description="Where to; it often holds a secret.", extra=SECRET)]
    shape: Annotated[
        Literal["json", "slack", "discord", "telegram", "ntfy"], Meta(description="How the message is written.")
    ] = "json"
    chat_id: Annotated[str, Meta(description="The chat, for telegram.")] = ""
    level: Annotated[Literal["info", "warning", "critical"], Meta(description="The least that is worth posting.")] = (
        "warning"
    )


class AlertSettings(Section):
    """What is sent to people."""

    webhooks: Annotated[list[WebhookSettings], Meta(description="Where alerts are posted.", extra=FIXED)] = field(
        default_factory=list
    )
    per_minute: Annotated[int, Meta(ge=1, le=600, description="Most alerts a minute; what is over is counted.")] = 20
    timeout: Annotated[float, Meta(gt=0, le=60, description="Seconds that one post may take.")] = 5.0


class DataSettings(Section):
    """Market data."""

    warm_up: Annotated[int, Meta(ge=1, le=100_000, description="Candles that are there before the first decision.")] = (
        200
    )
    keep: Annotated[int, Meta(ge=1, le=1_000_000, description="Candles of a symbol that are kept in memory.")] = 2000
    directory: Annotated[str, Meta(description="Where history is stored; the user's data folder where empty.")] = ""


class EngineSettings(Section):
    """The engine itself."""

    state_directory: Annotated[str, Meta(description="Where the emergency latch lies.", extra=FIXED)] = "bot"
    lease: Annotated[
        str,
        Meta(
            description="Where one engine for the account is made sure of: file, or redis://… for many machines.",
            extra=SECRET,
        ),
    ] = "file"
    on_foreign: Annotated[
        Literal["adopt", "flatten", "refuse"],
        Meta(description="At the start, what happens to positions that the journal does not know.", extra=FIXED),
    ] = "adopt"
    flatten_on_emergency: Annotated[bool, Meta(description="Whether an emergency stop also closes positions.")] = False
    cancel_on_stop: Annotated[bool, Meta(description="Whether stopping cancels the entries that still wait.")] = True
    strategy_timeout: Annotated[
        float, Meta(gt=0, description="Seconds that one decision of a strategy may take before it is stopped.")
    ] = 2.0
    max_signals_per_minute: Annotated[
        int, Meta(ge=1, description="Signals a minute after which a strategy is stopped.")
    ] = 60
    order_timeout: Annotated[
        float,
        Meta(gt=0, le=120, description="Seconds to wait for an order's outcome before it is reported as PENDING."),
    ] = 5.0
    start_timeout: Annotated[float, Meta(gt=0, le=600, description="Seconds that starting may take.")] = 30.0


class BotSettings(Section):
    """The whole configuration."""

    exchange: Annotated[ExchangeSettings, Meta(description="Where the bot trades.")] = field(
        default_factory=ExchangeSettings
    )
    trading: Annotated[TradingSettings, Meta(description="What is traded and how orders are made.")] = field(
        default_factory=TradingSettings
    )
    risk: Annotated[RiskSettings, Meta(description="Limits and breakers.")] = field(default_factory=RiskSettings)
    strategies: Annotated[
        dict[str, StrategySettings], Meta(description="The strategies, each under its id.", extra=FIXED)
    ] = field(default_factory=dict)
    journal: Annotated[JournalSettings, Meta(description="Where the bot writes down what it does.")] = field(
        default_factory=JournalSettings
    )
    monitor: Annotated[MonitorSettings, Meta(description="The monitor page.")] = field(default_factory=MonitorSettings)
    alerts: Annotated[AlertSettings, Meta(description="What is sent to people.")] = field(default_factory=AlertSettings)
    data: Annotated[DataSettings, Meta(description="Market data.")] = field(default_factory=DataSettings)
    engine: Annotated[EngineSettings, Meta(description="The engine itself.")] = field(default_factory=EngineSettings)
