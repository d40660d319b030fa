"""Credit cloud as a Django app."""

from django.apps import AppConfig


class CreditConfig(AppConfig):
    name = "credit"
    verbose_name = "企业信用"
