"""Sending one signed request: the path every REST call takes."""
