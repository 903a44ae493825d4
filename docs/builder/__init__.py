"""Builds the pages that are generated, and puts them beside the written ones."""
