"""Pages of the credit cloud."""

from django.urls import path

from credit.views import desk, model, profile, search

app_name = "credit"
urlpatterns = [
    path("search/", search.search_page, name="search"),
    path("search/export/", search.search_export, name="search_export"),
    path("city/", model.city_page, name="city"),
    path("scorecard/", model.scorecard_page, name="scorecard"),
    path("runs/", model.runs_page, name="runs"),
    path("runs/start/", model.start_run, name="start_run"),
    path("runs/<int:pk>/", model.run_state, name="run_state"),
    path("own/", desk.own_page, name="own"),
    path("own/authorisations/<int:pk>/revoke/", desk.revoke, name="revoke"),
    path("authorisations/", desk.bank_authorisations, name="bank_authorisations"),
    path("enterprises/<str:code>/", profile.profile_page, name="profile"),
    path("enterprises/<str:code>/live/", profile.profile_live, name="profile_live"),
    path("enterprises/<str:code>/print/", profile.profile_print, name="profile_print"),
    path("enterprises/<str:code>/purpose/", profile.purpose_page, name="purpose"),
    path("enterprises/<str:code>/watch/", desk.watch_firm, name="watch"),
    path("enterprises/<str:code>/facts/<int:record_id>/", profile.fact_page, name="fact"),
]
