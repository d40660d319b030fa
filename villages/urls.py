"""Pages of the app."""

from django.urls import URLPattern, path

from .views import door, evidence, my

app_name = "villages"
DOOR: list[URLPattern] = [
    path("", door.door, name="door"),
    path("enter/", door.enter, name="enter"),
    path("who/", door.who, name="who"),
    path("bind/<str:token>/", door.bind, name="bind"),
    path("welcome/", door.welcome, name="welcome"),
    path("leave/", door.leave, name="leave"),
    path("demo/messages/", door.demo_messages, name="demo_messages"),
]
OWN: list[URLPattern] = [
    path("my/", my.home, name="my"),
    path("my/scan/", my.scan, name="my_scan"),
    path("my/activities/<int:pk>/", my.activity, name="my_activity"),
    path("my/records/", my.records, name="my_records"),
    path("my/records/<uuid:pk>/", my.record, name="my_record"),
    path("my/records/<uuid:pk>/look/", my.ask_again, name="my_ask_again"),
    path("my/self/", my.me, name="my_self"),
    path("my/act-for/", my.act_for, name="my_act_for"),
    path("pieces/<int:pk>/", evidence.piece, name="piece"),
    path("pieces/<int:pk>/small/", evidence.piece_small, name="piece_small"),
]
urlpatterns: list[URLPattern] = [*DOOR, *OWN]
