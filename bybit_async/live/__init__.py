"""What needs both sides, requests and streams: the live account, and finding out what became of an order."""
