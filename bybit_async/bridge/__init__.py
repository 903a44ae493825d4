"""From threads into the event loop: the portal, and objects derived from asynchronous ones."""
