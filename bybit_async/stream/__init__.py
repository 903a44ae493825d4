"""The WebSocket side: from a frame to what a user iterates."""
