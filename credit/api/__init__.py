"""The credit cloud for programs."""
