"""Pages of the data hub: translate in, one call, translate out."""
