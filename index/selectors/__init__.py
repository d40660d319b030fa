"""Reads; where rows are restricted they take the viewer."""
