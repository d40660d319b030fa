"""Pages of the credit cloud."""
