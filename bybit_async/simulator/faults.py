"""Faults as data: rules that say where, when and how the exchange misbehaves.

    exchange.faults.add(Rule(path="/v5/order/create", nth=2, action="drop-after"))
    exchange.faults.add(Rule(topic="orderbook.50.*", probability=0.01, action="drop"))
    exchange.faults.add(Rule(channel="private", action="refuse", times=3))

Rules are tried in the order in which they were added; the first that fires decides. What fired is kept in
`Faults.fired`. The same seed, rules and traffic give the same faults.
"""

from __future__ import annotations

import random
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from bybit_async.errors import expected

Action = Literal[
    "delay",
    "delay-reply",
    "drop",
    "drop-before",
    "drop-after",
    "close",
    "reset",
    "half-open",
    "status",
    "code",
    "truncate",
    "cut",
    "malform",
    "slow",
    "duplicate",
    "reorder",
    "stale",
    "skew",
    "refuse",
    "restart",
]
Kind = Literal["request", "message", "connect"]

_ACTIONS: dict[Kind, frozenset[str]] = {
    "request": frozenset(
        {
            "delay", "delay-reply", "drop-before", "drop-after", "close", "reset", "half-open", "status", "code",
            "truncate", "cut", "malform", "slow", "duplicate", "skew", "restart",
        }
    ),
    "message": frozenset(
        {
            "delay", "drop", "close", "reset", "half-open", "truncate", "malform", "duplicate", "reorder", "stale",
            "restart",
        }
    ),
    "connect": frozenset({"delay", "refuse", "status", "close", "reset", "half-open"}),
}  # fmt: skip


class Rule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One way to misbehave.

    Where (``*`` matches anything): `path` of a REST request, or the operation of an order-entry request
    (``order.create``); or `topic` of a stream message; or neither, for new sockets. `channel` and `connection` narrow
    it to one channel (``linear``, ``private``, ``trade``) or to the connection with this number.

    When: only the `nth` match (from 1), or every `every` matches; with a `probability`; at most `times` times; only
    from `after` to `until` milliseconds after the exchange was started.

    What: `action`, with

    - ``delay``, ``delay-reply``: `milliseconds` before it is carried out, or before it is answered;
    - ``drop``: a message is left out (a gap); ``drop-before``, ``drop-after``: a request ends without an answer,
      before or after it was carried out;
    - ``close``, ``reset``, ``half-open``: the connection ends with or without a close, or stays and falls silent;
    - ``status``: an HTTP `status` with an HTML `body`; ``refuse``: 503 for a new socket;
    - ``code``: the answer carries retCode `code` and `text`; `executed` tells whether the request was carried out;
    - ``truncate``, ``cut``, ``malform``: half of the answer, half of it and then the end of the connection, or `body`;
    - ``slow``: a byte every `milliseconds`; ``duplicate``: twice; ``reorder``: after the next one of its topic;
      ``stale``: the first message of the topic instead;
    - ``skew``: the exchange's clock is `milliseconds` ahead for this request;
    - ``restart``: every socket is reset and recently closed orders are forgotten.
    """

    action: Action
    path: str = ""
    topic: str = ""
    channel: str = ""
    connection: int = 0
    nth: int = 0
    every: int = 0
    probability: float = 1.0
    times: int = 0
    after: int = 0
    until: int = 0
    milliseconds: int = 100
    code: int = 10016
    text: str = ""
    status: int = 502
    body: str = ""
    executed: bool = False

    @property
    def kind(self) -> Kind:
        """What the rule looks at."""
        if self.path:
            return "request"
        return "message" if self.topic else "connect"


class Firing(NamedTuple):
    """One fault that happened: when (exchange time), to what, on which connection (0 for REST), and by which rule."""

    time: int
    name: str
    connection: int
    rule: Rule


class Faults:
    """The rules in force, and what they have done."""

    def __init__(self, seed: int, start: int) -> None:
        self._random = random.Random(f"{seed}/faults")
        self._start = start
        self._matches: dict[int, int] = {}
        self._fired: dict[int, int] = {}
        self.rules: list[Rule] = []
        self.fired: list[Firing] = []

    def __str__(self) -> str:
        lines = [f"{len(self.rules)} rules, {len(self.fired)} faults"]
        lines += [f"  {rule}" for rule in self.rules]
        lines += [f"  {f.time - self._start:>8} ms  {f.rule.action:<12} {f.name} ({f.connection})" for f in self.fired]
        return "\n".join(lines)

    def add(self, *rules: Rule) -> None:
        """Put rules in force.

        Raises:
            ValueError: a rule's action does not fit what it looks at.
        """
        for rule in rules:
            if rule.action not in _ACTIONS[rule.kind]:
                raise ValueError(f"action: of a {rule.kind} {expected(rule.action, sorted(_ACTIONS[rule.kind]))}")
            self._matches[id(rule)] = self._fired[id(rule)] = 0
            self.rules.append(rule)

    def remove(self, rule: Rule) -> None:
        """Put a rule out of force; harmless when it is not in force."""
        if rule in self.rules:
            self.rules.remove(rule)

    def clear(self) -> None:
        """Behave well from now on; what has fired stays known."""
        self.rules.clear()

    def save(self, file: str | Path) -> None:
        """Write the rules to a JSON file."""
        Path(file).write_bytes(msgspec.json.format(msgspec.json.encode(self.rules)))

    def load(self, file: str | Path) -> None:
        """Put the rules of a JSON file in force.

        Raises:
            msgspec.ValidationError: the file does not hold rules.
        """
        self.add(*msgspec.json.decode(Path(file).read_bytes(), type=list[Rule]))

    def find(self, kind: Kind, name: str, now: int, channel: str = "", connection: int = 0) -> Rule | None:
        """Return the rule that fires for one request, message or new socket, or None."""
        for rule in self.rules:
            if rule.kind != kind or not self._matches_place(rule, name, channel, connection):
                continue
            if self._fires(rule, now - self._start):
                self.fired.append(Firing(now, name, connection, rule))
                return rule
        return None

    def _matches_place(self, rule: Rule, name: str, channel: str, connection: int) -> bool:
        pattern = rule.path or rule.topic
        return (
            (not pattern or fnmatchcase(name, pattern))
            and rule.channel in ("", channel)
            and rule.connection in (0, connection)
        )

    def _fires(self, rule: Rule, elapsed: int) -> bool:
        if elapsed < rule.after or (rule.until and elapsed >= rule.until):
            return False
        count = self._matches[id(rule)] = self._matches[id(rule)] + 1
        if (rule.nth and count != rule.nth) or (rule.every and count % rule.every):
            return False
        if rule.times and self._fired[id(rule)] >= rule.times:
            return False
        if rule.probability < 1.0 and self._random.random() >= rule.probability:
            return False
        self._fired[id(rule)] += 1
        return True
