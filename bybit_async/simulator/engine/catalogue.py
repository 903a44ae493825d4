"""The instruments that a simulated exchange lists by default, and those that are made of a symbol's name."""

import difflib
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bybit_async.simulator.engine.coins import COINS, MAJORS, Coin
from bybit_async.simulator.engine.instruments import Category, Instrument, OptionSide, OptionTerms, RiskTier

_PERPETUALS = (
    # symbol, base, quote, tick, lot, max limit qty, max market qty, leverage, first tier limit, price
    ("BTCUSDT", "BTC", "USDT", "0.1", "0.001", "1190", "500", "100", "2000000", "60000"),
    ("ETHUSDT", "ETH", "USDT", "0.01", "0.01", "7240", "724", "100", "900000", "3000"),
    ("SOLUSDT", "SOL", "USDT", "0.01", "0.1", "80000", "16000", "75", "400000", "150"),
    ("XRPUSDT", "XRP", "USDT", "0.0001", "0.1", "6000000", "1200000", "75", "400000", "0.6"),
    ("DOGEUSDT", "DOGE", "USDT", "0.00001", "1", "20000000", "4000000", "75", "400000", "0.12"),
    ("BTCPERP", "BTC", "USDC", "0.1", "0.001", "500", "150", "100", "2000000", "60000"),
)
_INVERSES = (
    ("BTCUSD", "BTC", "0.1", "1", "25000000", "5000000", "100", "150", "60000"),
    ("ETHUSD", "ETH", "0.01", "1", "12000000", "2000000", "100", "3000", "3000"),
)
_SPOTS = (
    # symbol, base, quote, tick, lot, min value, max limit qty, max market qty, price
    ("BTCUSDT", "BTC", "USDT", "0.01", "0.000001", "5", "83", "41.5", "60000"),
    ("ETHUSDT", "ETH", "USDT", "0.01", "0.00001", "5", "1220", "610", "3000"),
    ("SOLUSDT", "SOL", "USDT", "0.01", "0.001", "5", "30000", "15000", "150"),
    ("XRPUSDT", "XRP", "USDT", "0.0001", "0.01", "5", "2400000", "1200000", "0.6"),
    ("USDCUSDT", "USDC", "USDT", "0.0001", "0.01", "5", "10000000", "5000000", "1"),
    ("ETHBTC", "ETH", "BTC", "0.000001", "0.0001", "0.0001", "1000", "500", "0.05"),
)
_MADE_BY_DEFAULT = (
    "ADAUSDT", "AVAXUSDT", "LINKUSDT", "SUIUSDT", "1000PEPEUSDT", "LTCUSDT", "TONUSDT", "DOTUSDT", "WLDUSDT",
    "NEARUSDT", "APTUSDT", "ARBUSDT", "BNBUSDT", "HYPEUSDT", "WIFUSDT",
)  # fmt: skip
_MAINTENANCE_RATES = ("0.005", "0.01", "0.015", "0.02", "0.025", "0.05", "0.1")
_OPTION_STEPS = {"BTC": ("5", "0.01", "500", Decimal(60000), 1000), "ETH": ("0.1", "0.1", "5000", Decimal(3000), 50)}
OPTION_HOUR_UTC = 8
_OPTION = re.compile(r"(BTC|ETH)-(\d{1,2}[A-Z]{3}\d\d)-(\d+)-([CP])-USDT")
_SUFFIXES: tuple[tuple[str, Category, str], ...] = (
    ("USDT", "linear", "USDT"), ("PERP", "linear", "USDC"), ("USD", "inverse", "USD"),
    ("USDT", "spot", "USDT"), ("USDC", "spot", "USDC"),
)  # fmt: skip
_LARGEST_ORDER, _SMALLEST_LOT = Decimal(5_000_000), Decimal("0.000001")
_CONTRACTS_OF_MANY = re.compile(r"1000.|.+1000$")


def risk_tiers(first_limit: Decimal, max_leverage: Decimal) -> tuple[RiskTier, ...]:
    """Return seven tiers whose limits double and whose margin rates rise, with continuous maintenance margin."""
    tiers: list[RiskTier] = []
    limit = first_limit
    for number, text in enumerate(_MAINTENANCE_RATES, start=1):
        rate = Decimal(text)
        initial = max(2 * rate, 1 / max_leverage) if number > 1 else 1 / max_leverage
        deduction = Decimal(0)
        if tiers:
            last = tiers[-1]
            deduction = last.deduction + last.limit * (rate - last.maintenance_rate)
        leverage = (1 / initial).quantize(Decimal("0.01"))
        tiers.append(RiskTier(number, limit, rate, initial, min(leverage, max_leverage), deduction))
        limit *= 2
    return tuple(tiers)


def perpetuals() -> Iterator[Instrument]:
    """Yield the linear perpetuals, settled in USDT or USDC."""
    for symbol, base, quote, tick, lot, limit_qty, market_qty, leverage, tier, price in _PERPETUALS:
        yield Instrument(
            category="linear",
            symbol=symbol,
            base=base,
            quote=quote,
            settle=quote,
            tick=Decimal(tick),
            lot=Decimal(lot),
            min_qty=Decimal(lot),
            max_limit_qty=Decimal(limit_qty),
            max_market_qty=Decimal(market_qty),
            min_price=Decimal(tick),
            max_price=Decimal(tick) * 19_999_999,
            min_notional=Decimal(5),
            max_leverage=Decimal(leverage),
            risk_tiers=risk_tiers(Decimal(tier), Decimal(leverage)),
            funding_interval_min=480,
            reference_price=Decimal(price),
            activity=COINS[base].activity * (1.0 if quote == "USDT" else 0.05),
        )
    for symbol in _MADE_BY_DEFAULT:
        yield from (instrument for instrument in named(symbol) if instrument.category == "linear")


def inverses() -> Iterator[Instrument]:
    """Yield the inverse perpetuals: contracts of one US dollar, settled in the base coin."""
    for symbol, base, tick, lot, limit_qty, market_qty, leverage, tier, price in _INVERSES:
        yield Instrument(
            category="inverse",
            symbol=symbol,
            base=base,
            quote="USD",
            settle=base,
            tick=Decimal(tick),
            lot=Decimal(lot),
            min_qty=Decimal(lot),
            max_limit_qty=Decimal(limit_qty),
            max_market_qty=Decimal(market_qty),
            min_price=Decimal(tick),
            max_price=Decimal(tick) * 19_999_999,
            max_leverage=Decimal(leverage),
            risk_tiers=risk_tiers(Decimal(tier), Decimal(leverage)),
            funding_interval_min=480,
            reference_price=Decimal(price),
            activity=COINS[base].activity * 0.1,
        )


def spots() -> Iterator[Instrument]:
    """Yield the spot pairs."""
    for symbol, base, quote, tick, lot, value, limit_qty, market_qty, price in _SPOTS:
        yield Instrument(
            category="spot",
            symbol=symbol,
            base=base,
            quote=quote,
            settle=quote,
            tick=Decimal(tick),
            lot=Decimal(lot),
            min_qty=Decimal(lot),
            max_limit_qty=Decimal(limit_qty),
            max_market_qty=Decimal(market_qty),
            min_price=Decimal(tick),
            max_price=Decimal(tick) * 99_999_999,
            min_notional=Decimal(value),
            maker_fee=Decimal("0.001"),
            taker_fee=Decimal("0.001"),
            reference_price=Decimal(price),
            activity=COINS[base].activity * 0.4 if base in COINS else 0.1,
        )


def options(base_ms: int, *, strikes_each_way: int = 2) -> Iterator[Instrument]:
    """Yield BTC and ETH options around their reference price for tomorrow's and the next two Fridays' expiry."""
    for expiry in _expiries(base_ms):
        for base, (_, _, _, middle, gap) in _OPTION_STEPS.items():
            for step in range(-strikes_each_way, strikes_each_way + 1):
                for side in ("Call", "Put"):
                    yield option(base, middle + gap * step, expiry, "Call" if side == "Call" else "Put")


def option(base: str, strike: Decimal, expiry: datetime, side: OptionSide) -> Instrument:
    """Return one USDT-settled option, named the way Bybit names them (`BTC-27DEC24-60000-C-USDT`)."""
    tick, lot, largest, _, _ = _OPTION_STEPS[base]
    day = f"{expiry.day}{expiry.strftime('%b%y').upper()}"
    return Instrument(
        category="option",
        symbol=f"{base}-{day}-{strike:f}-{side[0]}-USDT",
        base=base,
        quote="USDT",
        settle="USDT",
        tick=Decimal(tick),
        lot=Decimal(lot),
        min_qty=Decimal(lot),
        max_limit_qty=Decimal(largest),
        max_market_qty=Decimal(largest),
        min_price=Decimal(tick),
        max_price=Decimal(tick) * 1_999_999,
        maker_fee=Decimal("0.0003"),
        taker_fee=Decimal("0.0003"),
        delivery_fee=Decimal("0.00015"),
        price_limit_ratio=Decimal(2),
        option=OptionTerms(strike, int(expiry.timestamp() * 1000), side),
        reference_price=Decimal(tick) * 200,
    )


def named(symbol: str) -> Iterator[Instrument]:
    """Yield what a real symbol means, one instrument for each category that has it; nothing for an unknown one.

    Filters follow from what the coin costs. Contracts of a thousand coins (`1000PEPEUSDT`) have no spot pair.
    """
    terms = _OPTION.fullmatch(symbol)
    if terms is not None:
        expiry = datetime.strptime(terms[2], "%d%b%y").replace(hour=OPTION_HOUR_UTC, tzinfo=UTC)
        yield option(terms[1], Decimal(terms[3]), expiry, "Call" if terms[4] == "C" else "Put")
    for suffix, category, quote in _SUFFIXES:
        coin = COINS.get(symbol.removesuffix(suffix)) if symbol.endswith(suffix) else None
        if coin is None or (category == "inverse" and coin.name not in MAJORS):
            continue
        if category == "spot" and _CONTRACTS_OF_MANY.match(coin.name):
            continue
        yield _made(symbol, category, coin, quote)


def nearest(symbol: str, listed: Collection[str]) -> list[str]:
    """Return up to three real symbols that `symbol` may have meant."""
    real = {*listed, *(f"{name}{suffix}" for name in COINS for suffix in ("USDT", "PERP", "USDC", "USD"))}
    asked = re.sub(r"[^A-Z0-9-]", "", symbol.upper())
    return [asked] if asked in real else difflib.get_close_matches(asked, sorted(real), n=3, cutoff=0.75)


def _made(symbol: str, category: Category, coin: Coin, quote: str) -> Instrument:
    magnitude = coin.price.adjusted()
    inverse, spot = category == "inverse", category == "spot"
    tick = Decimal(1).scaleb(magnitude - 4)
    lot = Decimal(1) if inverse else max(Decimal(1).scaleb(-magnitude - (3 if spot else 1)), _SMALLEST_LOT)
    largest = (_LARGEST_ORDER / (Decimal(1) if inverse else coin.price) / lot).to_integral_value() * lot
    leverage = Decimal(1 if spot else 75 if coin.name in MAJORS else 25)
    first_tier = Decimal(200_000) / (coin.price if inverse else 1)
    made = Instrument(
        category=category,
        symbol=symbol,
        base=coin.name,
        quote=quote,
        settle=coin.name if inverse else quote,
        tick=tick,
        lot=lot,
        min_qty=lot,
        max_limit_qty=largest,
        max_market_qty=(largest / 5 / lot).to_integral_value() * lot,
        min_price=tick,
        max_price=tick * 19_999_999,
        min_notional=Decimal(0 if inverse else 5),
        max_leverage=leverage,
        reference_price=coin.price,
        activity=coin.activity * (0.4 if spot else 0.1 if inverse else 1.0),
    )
    if spot:
        return replace(made, maker_fee=Decimal("0.001"), taker_fee=Decimal("0.001"))
    return replace(
        made, risk_tiers=risk_tiers(first_tier.quantize(Decimal("0.01")), leverage), funding_interval_min=480
    )


def default_catalogue(base_ms: int) -> list[Instrument]:
    """Return the default instruments; option expiries are counted from `base_ms`."""
    everything: Iterable[Iterator[Instrument]] = (perpetuals(), inverses(), spots(), options(base_ms))
    return [instrument for group in everything for instrument in group]


def _expiries(base_ms: int) -> list[datetime]:
    start = datetime.fromtimestamp(base_ms / 1000, UTC)
    tomorrow = (start + timedelta(days=1)).replace(hour=OPTION_HOUR_UTC, minute=0, second=0, microsecond=0)
    friday = tomorrow + timedelta(days=(4 - tomorrow.weekday()) % 7)
    if friday == tomorrow:
        friday += timedelta(days=7)
    return [tomorrow, friday, friday + timedelta(days=7)]
