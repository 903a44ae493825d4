"""Order entry: orders over a socket.

`entry` (one order from its parameters to its outcome) → `supervisor` (which connection takes it) → `connection` (what
waits for an answer on one socket) → `stream.connection`; beside them `frames` and `late_answers`.
"""
