"""Text that must be sent but never shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast, overload


class Secret(str):
    """A secret that no repr, log line, f-string or traceback with its locals shows.

    It compares, encodes and slices like the text that it is; what is made of it so is an ordinary string again.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret('…')"

    def __str__(self) -> str:
        return "…"

    def __format__(self, format_spec: str) -> str:
        return "…"

    def __reduce__(self) -> str:
        raise TypeError("a secret cannot be pickled")


@overload
def hidden(value: str) -> Secret: ...
@overload
def hidden(value: None) -> None: ...
def hidden(value: str | None) -> Secret | None:
    """Return a secret that hides itself; None stays None."""
    if value is None or isinstance(value, Secret):
        return value
    # Not by `Secret(value)` of something else: that would quote what it is given.
    return Secret(value) if isinstance(value, str) else Secret("")


def hide_secret(options: Mapping[str, Any]) -> None:
    """Let the `api_secret` among keyword arguments hide itself; the first line of every function that takes it."""
    if options.get("api_secret") is not None:
        cast(dict[str, Any], options)["api_secret"] = hidden(options["api_secret"])
