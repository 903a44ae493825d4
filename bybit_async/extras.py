"""What is installed only on demand, by the extra that brings it."""

from __future__ import annotations

from importlib.util import find_spec

from bybit_async.errors import MissingExtra

PACKAGES: dict[str, tuple[str, ...]] = {
    "rsa": ("cryptography",),
    "data": ("pyarrow", "fsspec", "filelock", "platformdirs"),
    "chart": ("plotly", "matplotlib"),
    "simulator": ("aiohttp", "sortedcontainers", "numpy"),
    "cli": ("rich", "typer"),
    "bot": ("yaml", "prometheus_client"),
    "redis": ("redis", "hiredis"),
    "sql": ("sqlalchemy", "psycopg"),
}
"""The packages of each extra, under the names they are imported by."""


def require(extra: str, purpose: str) -> None:
    """Refuse to go on without an extra, before some import deep below fails over it.

    Args:
        extra: one of `PACKAGES`.
        purpose: what needs it, in the plural.

    Raises:
        MissingExtra: one of its packages is not installed.
    """
    if any(find_spec(name) is None for name in PACKAGES[extra]):
        raise MissingExtra(extra, purpose)
