"""Which topic goes to which connection: decided here, carried out elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set

import msgspec

from bybit_async.stream.topic_types import family


class ChannelLimits(msgspec.Struct, frozen=True):
    """What Bybit allows on one connection of a channel.

    Attributes:
        request_topics: topics in one subscribe request; None for no limit.
        topics: topics on one connection; None for no limit.
        characters: length of the JSON array of all topics on one connection.
    """

    request_topics: int | None = None
    topics: int | None = None
    characters: int = 21_000


LIMITS: Mapping[str, ChannelLimits] = {
    "spot": ChannelLimits(request_topics=10),
    "option": ChannelLimits(topics=2_000),
}
NO_LIMITS = ChannelLimits()


class Connect(msgspec.Struct, frozen=True):
    """Open one more connection."""

    connection: int


class Subscribe(msgspec.Struct, frozen=True):
    """Send one subscribe request."""

    connection: int
    topics: tuple[str, ...]


class Unsubscribe(msgspec.Struct, frozen=True):
    """Send one unsubscribe request."""

    connection: int
    topics: tuple[str, ...]


class Close(msgspec.Struct, frozen=True):
    """Close a connection that has no topics left."""

    connection: int


Command = Connect | Subscribe | Unsubscribe | Close


def plan(
    wanted: Iterable[str], have: Mapping[int, Set[str]], limits: ChannelLimits = NO_LIMITS, *, next_connection: int = 1
) -> list[Command]:
    """Return what leads from the topics there are to the topics that are wanted.

    Args:
        wanted: topics, in the order they were asked for.
        have: topics of each connection, by its number.
        limits: what the channel allows.
        next_connection: number of the next new connection.
    """
    wanted = list(dict.fromkeys(wanted))
    keep = set(wanted)
    commands: list[Command] = []
    rooms: dict[int, _Room] = {}
    for connection, topics in have.items():
        gone = sorted(topics - keep)
        commands += [Unsubscribe(connection, chunk) for chunk in requests(gone, limits)]
        rooms[connection] = _Room(limits, topics & keep)
    placed = set().union(*have.values()) if have else set()
    fresh: dict[int, list[str]] = {}
    for topic in wanted:
        if topic not in placed:
            connection = next((connection for connection, room in rooms.items() if room.fits(topic)), next_connection)
            if connection == next_connection:
                next_connection += 1
                rooms[connection] = _Room(limits, ())
                commands.append(Connect(connection))
            rooms[connection].add(topic)
            fresh.setdefault(connection, []).append(topic)
    for connection, topics_of_one in fresh.items():
        commands += [Subscribe(connection, chunk) for chunk in requests(topics_of_one, limits)]
    commands += [Close(connection) for connection, room in rooms.items() if not room.count]
    return commands


def requests(topics: Sequence[str], limits: ChannelLimits) -> list[tuple[str, ...]]:
    """Cut topics into requests: not too many in one, and never a topic with its own all-in-one form."""
    whole = [topic for topic in topics if family(topic) == topic]
    families = set(whole)
    # "order" and "order.linear" in one request are refused; "order.spot" and "order.linear" are not.
    split = [topic for topic in topics if topic not in families and family(topic) in families]
    rest = [topic for topic in topics if topic not in split]
    size = limits.request_topics or max(len(topics), 1)
    return [tuple(part[at : at + size]) for part in (rest, split) for at in range(0, len(part), size)]


class _Room:
    """How much of a connection is taken."""

    __slots__ = ("_characters", "_limits", "count")

    def __init__(self, limits: ChannelLimits, topics: Iterable[str]) -> None:
        self._limits = limits
        self._characters = 2
        self.count = 0
        for topic in topics:
            self.add(topic)

    def fits(self, topic: str) -> bool:
        most = self._limits.topics
        return (most is None or self.count < most) and self._characters + _cost(topic) < self._limits.characters

    def add(self, topic: str) -> None:
        self.count += 1
        self._characters += _cost(topic)


def _cost(topic: str) -> int:
    # In the JSON array a topic costs itself, two quotes and a comma.
    return len(topic) + 3
