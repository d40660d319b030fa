"""Forms of accounts: they read what was typed; what is allowed is decided by the services."""
