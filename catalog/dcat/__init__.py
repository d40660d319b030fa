"""The catalogue in DCAT-AP 3.0.1."""
