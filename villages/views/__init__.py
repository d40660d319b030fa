"""Pages: translate in, one call, translate out."""
