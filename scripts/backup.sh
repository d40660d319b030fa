#!/usr/bin/env bash
# Back up database, files, checkpoints and local secrets:  scripts/backup.sh PYTHON [FOLDER]
set -eu
cd "$(dirname "$0")/.."
python=${1:-.venv/bin/python}
umask 077
exec "$python" -m cixi_portal.backup save "${2:-backups/$(date -u +%Y%m%d-%H%M%S)}"
