"""The demonstration of the index."""
