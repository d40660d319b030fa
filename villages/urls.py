"""Pages of the app."""

from django.urls import URLPattern

app_name = "villages"
urlpatterns: list[URLPattern] = []
