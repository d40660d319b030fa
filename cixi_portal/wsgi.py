"""WSGI entry point of the web server."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cixi_portal.settings.local")
application = get_wsgi_application()
# Every page is imported here, before the server forks: otherwise each of its workers does it at its first request.
_ = get_resolver().url_patterns
