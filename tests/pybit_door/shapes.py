"""What two raw answers have in common when their values differ: keys, nesting and types."""

from __future__ import annotations


def shape(value):
    """Keys and types; of a list, what all its items are like."""
    if isinstance(value, dict):
        return {key: shape(held) for key, held in value.items()}
    if isinstance(value, list):
        kinds = []
        for item in map(shape, value):
            if item not in kinds:
                kinds.append(item)
        return kinds
    return type(value).__name__


def assert_same_shape(ours, theirs):
    assert shape(ours) == shape(theirs)
