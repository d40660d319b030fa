#!/usr/bin/env bash
# Django's deployment checks with production settings and throw-away values for what the environment must give.
set -eu
export DJANGO_SETTINGS_MODULE=cixi_portal.settings.production
export SECRET_KEY PORTAL_FIELD_KEY PORTAL_INDEX_KEY PORTAL_AUDIT_KEY
SECRET_KEY=$("$1" -c 'import secrets; print(secrets.token_urlsafe(60))')
PORTAL_FIELD_KEY=$SECRET_KEY PORTAL_INDEX_KEY=$SECRET_KEY PORTAL_AUDIT_KEY=$SECRET_KEY
export PORTAL_HOSTS=portal.example PORTAL_FILES=/nonexistent PORTAL_CHECKPOINTS=/nonexistent
export DATABASE_URL=postgresql://app@localhost/none REDIS_URL=redis://localhost/0
exec "$1" manage.py check --deploy --fail-level WARNING
