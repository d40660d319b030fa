#!/usr/bin/env bash
# Django's deployment checks with production settings and throw-away values for what the environment must give.
set -eu
export DJANGO_SETTINGS_MODULE=cixi_portal.settings.production
export SECRET_KEY PORTAL_FIELD_KEY PORTAL_INDEX_KEY PORTAL_AUDIT_KEY
random() { "$1" -c 'import secrets; print(secrets.token_urlsafe(60))'; }
SECRET_KEY=$(random "$1") PORTAL_FIELD_KEY=$(random "$1") PORTAL_INDEX_KEY=$(random "$1") PORTAL_AUDIT_KEY=$(random "$1")
export PORTAL_HOSTS=portal.example PORTAL_FILES=/nonexistent PORTAL_CHECKPOINTS=/nonexistent
export DATABASE_URL=postgresql://app@localhost/none REDIS_URL=redis://localhost/0
exec "$1" manage.py check --deploy --fail-level WARNING
