"""What the open description tells of: the table API alone."""

from django.urls import include, path

urlpatterns = [path("api/v1/catalog/", include("catalog.api.urls"))]
