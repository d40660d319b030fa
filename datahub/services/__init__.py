"""What writes in the data hub: one verb, one transaction, one entry in the log."""
