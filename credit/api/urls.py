"""Addresses of the credit API, below ``/api/v1/``."""

from django.urls import path

from credit.api.enterprises import EnterpriseView
from credit.api.search import EnterpriseSearchView

app_name = "credit_api"
urlpatterns = [
    path("enterprises/", EnterpriseSearchView.as_view(), name="enterprises"),
    path("enterprises/<str:code>/", EnterpriseView.as_view(), name="enterprise"),
]
