"""Addresses of the API, below ``/api/v1/``."""

from django.urls import URLPattern

app_name = "villages_api"
urlpatterns: list[URLPattern] = []
