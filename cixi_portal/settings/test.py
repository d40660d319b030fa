"""What the tests run with: real servers, cheap password hashing, plain static files."""

import os
import re
from pathlib import Path

# Each xdist worker has its own queue and cache; set before anything reads them.
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
os.environ["PORTAL_QUEUE_PREFIX"] = f"test-{_WORKER}:"
os.environ.setdefault("PORTAL_DB_ROLE", "owner")

from .connections import cache_url
from .local import *

# A worker or web server started by a test works on the test's database.
if _database := os.environ.get("PORTAL_USE_DATABASE"):
    for _settings in DATABASES.values():
        _settings["NAME"] = _database
_number = int(re.sub(r"\D", "", _WORKER) or 0)
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": cache_url(database=4 + _number % 12),
    }
}
if _seconds := os.environ.get("PORTAL_VISIBILITY_SECONDS"):
    CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] = int(_seconds)

# Checkpoints speak of one database: each test has its own folder (tests/conftest.py), and so do its processes.
PORTAL_CHECKPOINT_FOLDER = Path(os.environ.get("PORTAL_CHECKPOINTS") or VAR_DIR / "test-checkpoints")

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
PORTAL_DEMO = False
ALLOWED_HOSTS = ["*"]
REST_FRAMEWORK = {**REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"anon": "100000/min", "user": "100000/min"}}
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
