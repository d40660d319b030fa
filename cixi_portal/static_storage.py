"""How static files are collected: only what pages ask for, hashed, compressed in seconds."""

import brotli
from django.apps import apps
from django.contrib.staticfiles.apps import StaticFilesConfig
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Quality 11 takes half a minute for the chart library and saves another three percent.
BROTLI_QUALITY = 8


# What belongs to pages of other packages that this portal does not show.
NOT_COLLECTED = [
    "rest_framework",
    "guardian",
    "django_otp",
    "htmax*",
    "htmx-4*",
    "django_htmx/ext/*",
    "*.map",
]


def leave_out_unused() -> None:
    """Have ``collectstatic`` pass over :data:`NOT_COLLECTED`."""
    config = apps.get_app_config("staticfiles")
    config.ignore_patterns = [*StaticFilesConfig.ignore_patterns, *NOT_COLLECTED]  # type: ignore[attr-defined]


class QuickCompressor(Compressor):
    """Brotli at a quality that a first start can wait for."""

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        return bytes(brotli.compress(data, quality=BROTLI_QUALITY))


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Hashed names, gzip and brotli beside each file that gains from it.

    Modules that a module imports are hashed too; else a page would mix new and old ones after an update.
    """

    support_js_module_import_aggregation = True

    def create_compressor(self, **kwargs: object) -> Compressor:
        return QuickCompressor(**kwargs)
