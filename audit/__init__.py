"""What happened: the append-only, chained event log."""
