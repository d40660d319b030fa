"""Addresses of the table API, below ``/api/v1/catalog/``."""

from django.urls import URLPattern, path

from catalog.api import tables
from catalog.api.description import SchemaView

app_name = "catalog_api"
urlpatterns: list[URLPattern] = [
    path("datasets/", tables.DatasetsView.as_view(), name="datasets"),
    path("datasets/<slug:name>/", tables.DatasetView.as_view(), name="dataset"),
    path("resources/<uuid:uid>/", tables.ResourceView.as_view(), name="resource"),
    path("resources/<uuid:uid>/rows/", tables.RowsView.as_view(), name="rows"),
    path("resources/<uuid:uid>/profile/", tables.ProfileView.as_view(), name="profile"),
    path("resources/<uuid:uid>/dump/", tables.DumpView.as_view(), name="dump"),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("suggest/", tables.SuggestView.as_view(), name="suggest"),
    # Whatever else is asked for here is refused in the words of an interface, not with a page.
    path("<path:rest>", tables.NothingView.as_view(), name="nothing"),
]
