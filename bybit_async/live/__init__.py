"""What needs both sides, requests and streams: the live account, and finding out what happened to an order."""
