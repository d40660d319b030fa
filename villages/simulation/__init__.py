"""Parts of the ledger's simulator: its world, what clients want, how it is delivered, how it is compared."""
