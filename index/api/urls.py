"""Addresses of the API, below ``/api/v1/index/``."""

from django.urls import path

from index.api.series import ContributionsView, MetadataView, PanelsView, SeriesView

app_name = "sme_index_api"
urlpatterns = [
    path("panels/", PanelsView.as_view(), name="panels"),
    path("series/", SeriesView.as_view(), name="series"),
    path("contributions/", ContributionsView.as_view(), name="contributions"),
    path("metadata/", MetadataView.as_view(), name="metadata"),
]
