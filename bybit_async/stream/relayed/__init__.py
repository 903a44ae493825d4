"""Streams that come through Redis from a relay, in place of a WebSocket from Bybit.

A relay publishes Bybit's frames as they came, each with the *term* of the relay that leads (a fencing token) and a
number that counts the frames of its topic. `RelaySocket` takes the place of a WebSocket below everything else in
`stream`. It ends when a number is missing, the term changes or the relay falls silent, and then follows what a drop
always causes: everything is stale until a new snapshot.
"""
