"""Pages of the credit cloud."""

from django.urls import path

from credit.views import profile

app_name = "credit"
urlpatterns = [
    path("enterprises/<str:code>/", profile.profile_page, name="profile"),
    path("enterprises/<str:code>/live/", profile.profile_live, name="profile_live"),
    path("enterprises/<str:code>/print/", profile.profile_print, name="profile_print"),
    path("enterprises/<str:code>/purpose/", profile.purpose_page, name="purpose"),
    path("enterprises/<str:code>/facts/<int:record_id>/", profile.fact_page, name="fact"),
]
