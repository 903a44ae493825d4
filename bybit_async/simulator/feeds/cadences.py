"""How often streams publish."""

import msgspec


class Cadences(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds between two pushes of one topic, at most one push each; 0 pushes at every opportunity.

    `spot_books` and `spot_tickers` are for where spot has a pace of its own.
    """

    books: dict[int, int] = msgspec.field(
        default_factory=lambda: {1: 10, 25: 20, 50: 20, 100: 100, 200: 100, 1000: 200, 10_000: 100}
    )
    spot_books: dict[int, int] = msgspec.field(default_factory=lambda: {200: 200})
    rpi_books: int = 100
    tickers: int = 100
    spot_tickers: int = 50
    klines: int = 250
    liquidations: int = 500
    price_limits: int = 300
    insurance: int = 1_000
    adl_alerts: int = 1_000
    repeat_touch: int = 3_000
