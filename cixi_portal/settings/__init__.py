"""Settings: ``local`` for one machine with embedded servers, ``production`` by environment alone."""
