"""Reviewed data: numbers of the ledger, rule sets, forbidden items."""
