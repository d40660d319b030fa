"""Writing the catalogue: one verb, one entry in the log."""
