"""``make run``: one command from an empty folder to a portal that answers.

Starts the servers, migrates, fills the demo city once, then runs web, worker and beat until Ctrl-C,
SIGTERM or SIGHUP, and stops everything it started in an order that loses nothing.
"""
