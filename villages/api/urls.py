"""Addresses of the API, below ``/api/v1/villages/``."""

from django.urls import URLPattern, path

from . import activities, sign_in, taps

app_name = "villages_api"
PEOPLE: list[URLPattern] = [
    path("sign-in/code/", sign_in.SendCode.as_view(), name="send_code"),
    path("sign-in/", sign_in.Enter.as_view(), name="enter"),
    path("sign-in/who/", sign_in.Who.as_view(), name="who"),
    path("me/", activities.Me.as_view(), name="me"),
    path("activities/", activities.Activities.as_view(), name="activities"),
    path("activities/<int:pk>/", activities.ActivityDetail.as_view(), name="activity"),
    path("activities/<int:pk>/challenge/", activities.NewChallenge.as_view(), name="challenge"),
    path("activities/<int:pk>/beat/", activities.LessonBeat.as_view(), name="beat"),
    path("taps/", taps.Taps.as_view(), name="taps"),
]
urlpatterns: list[URLPattern] = [*PEOPLE]
