"""Writing for the credit cloud."""
