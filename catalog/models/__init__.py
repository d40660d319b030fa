"""Models of the app: fields and constraints."""
