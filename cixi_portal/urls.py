"""Every address of the portal."""

from django.urls import include, path

from . import errors, health, home, progress_view

urlpatterns = [
    path("", home.home, name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("progress/<str:key>/", progress_view.progress_state, name="progress"),
    path("ui/", home.ui, name="ui"),
    path("credit/", include("credit.urls")),
    path("api/v1/", include("credit.api.urls")),
    path("api/v1/", include("datahub.api.urls")),
    path("index/", include("index.urls")),
    path("api/v1/index/", include("index.api.urls")),
    path("villages/", include("villages.urls")),
    path("api/v1/villages/", include("villages.api.urls")),
    path("catalog/", include("catalog.urls")),
    path("api/v1/catalog/", include("catalog.api.urls")),
    path("", include("catalog.api.ckan_urls")),
    path("", include("accounts.urls")),
    path("audit/", include("accounts.auditor.urls")),
    path("", include("datahub.urls")),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error
