"""The REST side of the simulated exchange."""
