"""Addresses of the credit API, below ``/api/v1/``."""

from django.urls import path

from credit.api.enterprises import EnterpriseView

app_name = "credit_api"
urlpatterns = [
    path("enterprises/<str:code>/", EnterpriseView.as_view(), name="enterprise"),
]
