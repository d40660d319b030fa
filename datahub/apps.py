"""Data hub as a Django app."""

from django.apps import AppConfig


class DatahubConfig(AppConfig):
    name = "datahub"
    verbose_name = "数据归集"
