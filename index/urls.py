"""Pages of the app."""

from django.urls import URLPattern

app_name = "sme_index"
urlpatterns: list[URLPattern] = []
