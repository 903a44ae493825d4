"""The locals that a crash reporter would send, with a secret that must not be among them."""

from __future__ import annotations

import traceback
from pathlib import Path

import bybit_async

PACKAGE = Path(bybit_async.__file__).parent
CANARY = "CANARY0SECRET0CANARY"


def locals_of(error: BaseException) -> str:
    """The locals of every frame of ours, of an error and what it came from."""
    told: list[str] = []
    seen: BaseException | None = error
    while seen is not None:
        told += [repr(seen), str(seen)]
        frames = traceback.TracebackException.from_exception(seen, capture_locals=True).stack
        told += [str(frame.locals) for frame in frames if Path(frame.filename).is_relative_to(PACKAGE)]
        seen = seen.__cause__ or seen.__context__
    return "\n".join(told)
