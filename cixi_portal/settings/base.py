"""What every installation shares. No secret has a default here."""

import os
from datetime import timedelta
from pathlib import Path

from celery.schedules import crontab
from csp.constants import NONE, SELF

from catalog import schedule as catalog_schedule
from index import schedule as index_schedule
from villages import schedule as villages_schedule

BASE_DIR = Path(__file__).resolve().parents[2]

INSTALLED_APPS = [
    "foundation",
    "audit",
    "accounts",
    "datahub",
    "credit",
    "index.apps.IndexConfig",
    "villages",
    "catalog",
    "cixi_portal.roof.RoofConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "django_filters",
    "django_htmx",
    "guardian",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_static",
    "csp",
]

MIDDLEWARE = [
    "foundation.request_id.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "accounts.middleware.SessionLimitsMiddleware",
    "villages.middleware.RememberedDeviceMiddleware",
    "accounts.middleware.SignInRequiredMiddleware",
    "accounts.middleware.SignInStepsMiddleware",
    "accounts.middleware.AudienceMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "cixi_portal.urls"
WSGI_APPLICATION = "cixi_portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "cixi_portal.context.portal",
            ],
        },
    }
]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS: list[str] = []

# -- who -------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "accounts.backends.PortalBackend",
    "guardian.backends.ObjectPermissionBackend",
]
GUARDIAN_MONKEY_PATCH_USER = False
ANONYMOUS_USER_NAME = None
GUARDIAN_RAISE_403 = True
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "home"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
# Five failures lock one user name from one address; a user name fails at most 30 times and an address at
# most 100 times in the same half hour, whoever and wherever.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=30)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "accounts.lockout.locked_out"
AXES_CLIENT_IP_CALLABLE = "foundation.addresses.client_address"
AXES_USERNAME_CALLABLE = "accounts.lockout.username_of"
AXES_DISABLE_ACCESS_LOG = True  # the audit log keeps sign-ins
AXES_ENABLE_ADMIN = False
SIGN_IN_USER_CEILING = 30
SIGN_IN_ADDRESS_CEILING = 100
# Own proxies in front; 0 believes no forwarded address. Also read by DRF's throttles.
PORTAL_PROXY_COUNT = AXES_IPWARE_PROXY_COUNT = int(os.environ.get("PORTAL_PROXY_COUNT", "0"))
OTP_TOTP_ISSUER = "慈溪公共数据平台"

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "cixi_portal.errors.csrf_failure"
SESSION_ABSOLUTE_SECONDS = 10 * 3600
SESSION_IDLE_SECONDS = 30 * 60
SESSION_IDLE_PRIVILEGED_SECONDS = 15 * 60
SESSION_COOKIE_AGE = SESSION_ABSOLUTE_SECONDS
# Length, character classes, history and age: docs/passwords.md says why both standards are met.
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "accounts.passwords.LengthRule"},
    {"NAME": "accounts.passwords.ClassesRule"},
    {"NAME": "accounts.passwords.OwnNamesRule"},
    {"NAME": "accounts.passwords.WeakWordsRule"},
    {"NAME": "accounts.passwords.HistoryRule"},
]
PORTAL_SUPERUSERS_ALLOWED = False
PASSWORD_MIN_LENGTH = 12
PASSWORD_CLASSES = 4
PASSWORD_HISTORY = 5
PASSWORD_MAX_AGE_DAYS = 90

# -- language and time -------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True
DATE_FORMAT = "Y-m-d"
DATETIME_FORMAT = "Y-m-d H:i"

# -- files -------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "cixi_portal.static_storage.HashedStaticFiles"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
PORTAL_DELIVERY_MAX_BYTES = 2 * 1024**3

# -- browser -----------------------------------------------------------------------------------------
# The two style hashes are Plotly's empty style attribute and `image-rendering: pixelated` of heat maps.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "style-src-attr": [
            "'unsafe-hashes'",
            "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
            "'sha256-AR/cKIZjWPcPmBUPDA6oti9XBiTbJvz0Cro2J1VzzS8='",
        ],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "media-src": [SELF, "blob:"],
        "worker-src": [SELF, "blob:"],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"

# -- API ---------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.tokens.TokenAuthentication",
        "accounts.tokens.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.access.DeclaredAudience"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "foundation.paging.ApiPagination",
    "PAGE_SIZE": 50,
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "accounts.tokens.CallerThrottle",
    ],
    "NUM_PROXIES": PORTAL_PROXY_COUNT,
    "DEFAULT_THROTTLE_RATES": {"anon": "60/min", "user": "600/min"},
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_VERSIONING_CLASS": "rest_framework.versioning.URLPathVersioning",
    "ALLOWED_VERSIONS": ["v1"],
    "DEFAULT_VERSION": "v1",
    "EXCEPTION_HANDLER": "foundation.api_errors.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "慈溪市公共数据平台接口",
    "DESCRIPTION": "企业信用信息与公共数据接口。所有调用均按授权校验并留痕。",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["accounts.access.DeclaredAudience"],
    "SCHEMA_PATH_PREFIX": r"/api/v[0-9]",
}

# -- background work ---------------------------------------------------------------------------------
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_TASK_TRACK_STARTED = True
CELERY_RESULT_EXPIRES = 24 * 3600
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A task that outlives the visibility timeout is run a second time while the first still runs.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "global_keyprefix": os.environ.get("PORTAL_QUEUE_PREFIX", "cixi:"),
}
CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = {
    "global_keyprefix": CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]
}
CELERY_BEAT_SCHEDULE = {
    # three in the night: every enterprise, so that windows and decay move with the day
    "scores-nightly": {"task": "credit.recalculate_all", "schedule": crontab(hour=3, minute=0)},
    "search-refresh": {"task": "credit.refresh_search", "schedule": 300.0, "options": {"expires": 300}},
    "scores-sweep": {"task": "credit.sweep", "schedule": 60.0, "options": {"expires": 300}},
    "deliveries-sweep": {"task": "datahub.sweep", "schedule": 300.0, "options": {"expires": 600}},
    "worker-heartbeat": {"task": "cixi_portal.heartbeat", "schedule": 15.0, "options": {"expires": 60}},
    "audit-checkpoint": {"task": "audit.checkpoint", "schedule": 600.0},
    "foundation-housekeeping": {"task": "foundation.housekeeping", "schedule": 24 * 3600.0},
    **index_schedule.BEAT,
    **villages_schedule.BEAT,
    **catalog_schedule.BEAT,
}

# -- the portal's own --------------------------------------------------------------------------------
PORTAL_NAME = "慈溪市公共数据平台"
PORTAL_DEMO = False
PORTAL_AUDIT_RETENTION_DAYS = 180  # the law's least; fewer is refused
# News that travels up a floor: a lower app writes the fact, its caller enqueues these by name.
PORTAL_TASKS_AFTER = {
    "batch_promoted": ["credit.recalculate_touched", "credit.refresh_search"],
}
PORTAL_DATABASE_ROLES = {"application": "portal_app", "reader": "portal_read"}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "foundation.request_id.RequestIdFilter"}},
    "formatters": {
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s %(request_id)s",
        }
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["request_id"]}
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"axes": {"level": "ERROR"}},
}
