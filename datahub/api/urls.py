"""Addresses of the data hub's API, below ``/api/v1/``."""

from django.urls import path

from .deliveries import DeliveriesView, DeliveryView, RejectionsView, ReportView

app_name = "datahub_api"
urlpatterns = [
    path("deliveries/", DeliveriesView.as_view(), name="deliveries"),
    path("deliveries/<int:pk>/", DeliveryView.as_view(), name="delivery"),
    path("deliveries/<int:pk>/rejections/", RejectionsView.as_view(), name="rejections"),
    path("deliveries/<int:pk>/report/", ReportView.as_view(), name="report"),
]
