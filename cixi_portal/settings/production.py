"""A real installation: everything secret or local comes from the environment, nothing has a default."""

import os

from django.core.exceptions import ImproperlyConfigured

from .base import *
from .connections import cache_url, celery_url, databases, redis_url


def _required(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"环境变量 {name} 未设置，请按 README“设置”一节补齐后重试。")
    return value


def _key(name: str) -> str:
    value = _required(name)
    if len(value) < SHORTEST_KEY:
        raise ImproperlyConfigured(f"环境变量 {name} 过短，至少需要 {SHORTEST_KEY} 个字符的随机值。")
    return value


SHORTEST_KEY = 32
SECRET_KEY = _key("SECRET_KEY")
DEBUG = False
ALLOWED_HOSTS = _required("PORTAL_HOSTS").split(",")
_required("DATABASE_URL")
_required("REDIS_URL")
DATABASES = databases()
PORTAL_REDIS_URL = redis_url()
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": cache_url()}}
CELERY_BROKER_URL = CELERY_RESULT_BACKEND = celery_url()
STATIC_ROOT = os.environ.get("PORTAL_STATIC_ROOT", "/var/lib/cixi-portal/static")
MEDIA_ROOT = _required("PORTAL_FILES")  # a folder that all hosts share
PORTAL_FILE_STORE = {"kind": "folder", "path": MEDIA_ROOT}
PORTAL_CHECKPOINT_FOLDER = _required("PORTAL_CHECKPOINTS")
PORTAL_KEYS = {name: _key(f"PORTAL_{name}") for name in ("FIELD_KEY", "INDEX_KEY", "AUDIT_KEY")}
if len({SECRET_KEY, *PORTAL_KEYS.values()}) < 1 + len(PORTAL_KEYS):
    raise ImproperlyConfigured("SECRET_KEY 与 PORTAL_*_KEY 各密钥不得相同，请分别生成。")
PORTAL_DEMO = False

SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_NAME = "__Host-csrf"
if PORTAL_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
