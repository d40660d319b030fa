#!/usr/bin/env python
"""Runs one management command, with the embedded servers up while it does."""

import os
import signal
import sys

OWNERS_COMMANDS = {
    "migrate", "sqlmigrate", "flush", "makemigrations", "showmigrations", "dbshell", "archive_audit",
    "simulate_village", "storm_ledger",
}  # fmt: skip
WITHOUT_SERVERS = {
    "services", "collectstatic", "check", "spectacular", "help", "--help", "--version", "anonymity_report",
}  # fmt: skip


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cixi_portal.settings.local")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command in OWNERS_COMMANDS:
        # Only the owner may change the schema; the application's role may not.
        os.environ.setdefault("PORTAL_DB_ROLE", "owner")
    from django.core.management import execute_from_command_line

    from cixi_portal.embedded import Refusal, services
    from cixi_portal.secrets_file import UnableToReadSecrets

    if command in WITHOUT_SERVERS or os.environ["DJANGO_SETTINGS_MODULE"].endswith(".production"):
        execute_from_command_line(sys.argv)
        return
    # A SIGTERM ends the command as Ctrl-C does, so that the servers are stopped behind it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with services.running():
            execute_from_command_line(sys.argv)
    except (Refusal, UnableToReadSecrets) as error:
        print(error, file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
