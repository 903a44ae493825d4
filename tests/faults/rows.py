"""The fault table: its ids, and each fault in a few words.

A test of a row is called after it, ``test_o02_...``, and run by its marker: ``pytest -m O2``.
"""

from __future__ import annotations

import re

ROWS = {
    "O1": "create: connection refused, DNS or TLS failure before it is sent",
    "O2": "create: the connection ends after the request, before the answer",
    "O3": "create: no answer in time, the order appears seconds later",
    "O4": "create: answers 10000 and 10016, accepted or not",
    "O5": "create: gateway errors, empty bodies, half a JSON",
    "O6": "create: our own repetition is refused as a duplicate",
    "O7": "order entry: the answer never comes",
    "O8": "order entry: the socket drops with fifty creates in flight",
    "O9": "order entry: 10019, the service restarts",
    "O10": "order entry: answers out of order, or without a request id",
    "O11": "order entry: a duplicate request id, although ours are unique",
    "O12": "batch: accepted as a whole, items mixed",
    "O13": "batch: partly over the limit",
    "O14": "batch: fewer codes than items, or none",
    "O15": "the order stream is before the answer",
    "O16": "a fill before New, an old New after it",
    "O17": "two Filled messages of a lost cancel race",
    "O18": "several executions in one frame, and again after a reconnect",
    "O19": "cancelled orders that were filled in part",
    "O20": "cancel: the order is gone, or final",
    "O21": "amend: answer lost, 40004, 110079",
    "O22": "cancel-all: more than 500 orders",
    "O23": "order link ids that Bybit would refuse, or that are missing",
    "O24": "a restart moved the closed order to history",
    "O25": "an order too old to be found",
    "O26": "disconnection protection fired while away",
    "O27": "a gateway sends the request twice, and passes on the second answer",
    "O28": "an answer that belongs to another order",
    "W1": "a clean or unclean close",
    "W2": "half-open: the peer is silent",
    "W3": "data without pongs, pongs without data",
    "W4": "a drop while authentication is pending",
    "W5": "authentication refused at reconnect",
    "W6": "the exchange's clock is ahead at authentication",
    "W7": "a storm of refused reconnects",
    "W8": "drops during backoff and handshake",
    "W9": "a stale task of the old socket",
    "W10": "half of a subscription fails",
    "W11": "an option acknowledgement without an id",
    "W12": "data before the acknowledgement",
    "W13": "no acknowledgement",
    "W14": "more topics than one request or connection takes",
    "W15": "all-in-one and categorised topics together",
    "W16": "five shapes of a pong",
    "W17": "junk frames",
    "W18": "a slow consumer",
    "W19": "a consumer that raises, or blocks the loop",
    "W20": "cancelled readers, closing while reconnecting",
    "W21": "a cut for silence",
    "W22": "floods of pings and of empty fragments",
    "B1": "a delta before the snapshot",
    "B2": "the update id jumps, repeats, goes back",
    "B3": "a restart in mid-stream",
    "B4": "a delete of an unknown level",
    "B5": "a crossed or empty book",
    "B6": "a quiet top of book is repeated",
    "B7": "a ticker delta before the snapshot, empty values",
    "B8": "a kline closed twice, or missed",
    "B9": "trades that share a sequence number",
    "B10": "prices and sizes that are not positive numbers",
    "R1": "10006 with any reset header",
    "R2": "403 access too frequent",
    "R3": "403 of another kind",
    "R4": "429, 10429, 20003, 10403",
    "R5": "clock skew and steps",
    "R6": "a request that waited before it was sent",
    "R7": "two hundred creates at ten a second",
    "R8": "cursors that repeat, empty pages, percent-encoded cursors",
    "R9": "odd envelopes",
    "R10": "odd numbers and ids",
    "R11": "unknown, new and missing fields",
    "R12": "slow, cut and stale HTTP connections",
    "R13": "system.status announces maintenance",
    "R14": "a connection whose answers are out of step with its requests",
    "R15": "an archive that redirects in the open, refuses, swells or never ends",
}

_NAME = re.compile(r"test_([owbr])(\d+)_")


def row_of(test: str) -> str | None:
    """The row that a test's name begins with."""
    match = _NAME.match(test)
    return None if match is None else f"{match[1].upper()}{int(match[2])}"
