"""Addresses of the API, below ``/api/v1/``."""

from django.urls import URLPattern

app_name = "sme_index_api"
urlpatterns: list[URLPattern] = []
