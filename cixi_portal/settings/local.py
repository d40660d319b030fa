"""One machine: embedded servers, random local secrets, the demo city."""

import os

from cixi_portal import secrets_file
from cixi_portal.embedded.services import places
from cixi_portal.embedded.services import secrets_file as secrets_path

from .base import *
from .connections import cache_url, celery_url, databases, redis_url

VAR_DIR = places().var
for _name, _value in secrets_file.ensure(secrets_path()).items():
    os.environ.setdefault(_name, _value)

SECRET_KEY = os.environ["SECRET_KEY"]
DEBUG = os.environ.get("PORTAL_DEBUG") == "1"
ALLOWED_HOSTS = os.environ.get("PORTAL_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
DATABASES = databases()
PORTAL_REDIS_URL = redis_url()
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": cache_url()}}
CELERY_BROKER_URL = CELERY_RESULT_BACKEND = celery_url()
STATIC_ROOT = VAR_DIR / "static"
MEDIA_ROOT = VAR_DIR / "files"
PORTAL_FILE_STORE = {"kind": "folder", "path": str(VAR_DIR / "files")}
PORTAL_CHECKPOINT_FOLDER = VAR_DIR / "checkpoints"
PORTAL_KEYS = {name: os.environ[f"PORTAL_{name}"] for name in ("FIELD_KEY", "INDEX_KEY", "AUDIT_KEY")}
PORTAL_DEMO = os.environ.get("PORTAL_DEMO", "1") == "1"
