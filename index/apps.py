"""SME financial index as a Django app."""

from django.apps import AppConfig


class IndexConfig(AppConfig):
    name = "index"
    label = "sme_index"
    verbose_name = "中小企业金融指数"
