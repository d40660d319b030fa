"""Addresses of the auditor's pages."""

from django.urls import path

from . import views

app_name = "audit"
urlpatterns = [
    path("", views.entry_list, name="list"),
    path("entries/<int:seq>/", views.entry_detail, name="detail"),
    path("export.csv", views.export, name="export"),
    path("verification/", views.start_verification, name="verify"),
]
