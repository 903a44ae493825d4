"""The endpoints, one resource class per domain."""
