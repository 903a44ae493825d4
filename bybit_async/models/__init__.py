"""Structs of what Bybit sends and accepts, one module per domain of `api`."""
