#!/usr/bin/env bash
# Bring a backup back into an installation without data:  scripts/restore.sh PYTHON FOLDER
set -eu
cd "$(dirname "$0")/.."
if [ -z "${2:-}" ]; then
    echo "请指明备份目录，如 make restore FROM=backups/20260101-020000" >&2
    exit 2
fi
exec "$1" -m cixi_portal.backup restore "$2"
