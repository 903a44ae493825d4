"""What the engine does, one kind of operation per module; `bybit_async.simulator.engine` is the way in."""
