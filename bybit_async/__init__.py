"""An asyncio-native, fully typed connector for Bybit V5."""
