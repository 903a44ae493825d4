"""What the library says, shown with one line."""

from __future__ import annotations

import logging
from typing import Literal

from bybit_async.errors import InvalidParameter, expected

Level = Literal["DEBUG", "INFO", "WARNING", "ERROR"]

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_handler = logging.StreamHandler()
_handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))


def log_to_stderr(level: Level = "INFO") -> None:
    """Show what the library logs on standard error; another call changes the level.

    ``"DEBUG"`` shows each request with its outcome and time, ``"INFO"`` refusals, repetitions and connections that
    come and go, ``"WARNING"`` what limits the service, as connections that cannot be made. No level shows a secret.
    Programs that set up `logging` themselves need no call: the loggers are all below ``bybit_async``.

    Raises:
        InvalidParameter: there is no such level.
    """
    if level not in _LEVELS:
        raise InvalidParameter("level", expected(level, _LEVELS))
    logger = logging.getLogger("bybit_async")
    logger.setLevel(level)
    if _handler not in logger.handlers:
        logger.addHandler(_handler)
        # Or a program that has handlers of its own would show everything twice.
        logger.propagate = False
