"""Addresses that clients of open-data catalogues know, at the root of the portal."""

from django.urls import path, re_path

from catalog.api.ckan.view import ActionView, version
from catalog.dcat import views as dcat
from catalog.views.downloads import dump
from catalog.views.sitemap import robots, sitemap

app_name = "catalog_open"
urlpatterns = [
    path("api/3", version, name="version"),
    path("api/3/", version, name="version_slash"),
    path("api/3/action/<str:name>", ActionView.as_view(), name="action"),
    path("api/action/<str:name>", ActionView.as_view(), name="action_bare"),
    path("datastore/dump/<uuid:uid>", dump, name="dump"),
    re_path(
        r"^dataset/(?P<name>[a-z0-9_-]{2,100})\.(?P<ending>ttl|jsonld)$", dcat.dataset, name="dataset_graph"
    ),
    path("dataset/<slug:name>", dcat.dataset, name="dataset"),
    re_path(r"^catalog\.(?P<ending>ttl|jsonld)$", dcat.catalog, name="catalog_graph"),
    path("organization/<slug:name>", dcat.organization, name="organization"),
    path("sitemap.xml", sitemap, name="sitemap"),
    path("robots.txt", robots, name="robots"),
]
