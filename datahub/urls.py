"""Addresses of the data hub's pages and API."""

from django.urls import path

from .views import batches, catalogue, decisions, deliver

app_name = "datahub"

urlpatterns = [
    path("data/", batches.desk, name="desk"),
    path("data/deliver/", deliver.deliver, name="deliver"),
    path("data/batches/", batches.batch_list, name="batches"),
    path("data/batches/<int:pk>/", batches.batch_page, name="batch"),
    path("data/batches/<int:pk>/progress/", batches.batch_progress, name="batch_progress"),
    path("data/batches/<int:pk>/report/", decisions.report, name="batch_report"),
    path("data/batches/<int:pk>/confirm/", decisions.confirm, name="batch_confirm"),
    path("data/batches/<int:pk>/withdraw/", decisions.withdraw, name="batch_withdraw"),
    path("data/batches/<int:pk>/retry/", decisions.retry, name="batch_retry"),
    path("data/batches/<int:pk>/waiting/<int:row>/", decisions.settle, name="waiting_settle"),
    path("data/items/", catalogue.items, name="items"),
    path("data/items/<str:code>/", catalogue.item, name="item"),
    path("data/items/<str:code>/template.csv", catalogue.item_template, name="item_template"),
    path("data/gaps/", catalogue.gap_list, name="gaps"),
    path("data/late/", catalogue.late, name="late"),
]
