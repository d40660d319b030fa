"""Pages of the app."""

from django.urls import URLPattern, path

from .views import activities, desk, door, evidence, my, office, residents, review, town

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
OFFICE: list[URLPattern] = [
    path("desk/", desk.desk, name="desk"),
    path("ties/", desk.ties, name="ties"),
    path("activities/", activities.listing, name="activities"),
    path("activities/new/", activities.choose_template, name="activity_templates"),
    path("activities/new/<slug:code>/", activities.new, name="activity_new"),
    path("activities/<int:pk>/", activities.detail, name="activity"),
    path("activities/<int:pk>/close/", activities.close, name="activity_close"),
    path("activities/<int:pk>/sheet/", activities.sheet, name="activity_sheet"),
    path("activities/<int:pk>/grid/", activities.grid, name="activity_grid"),
    path("activities/<int:pk>/screen/", activities.screen, name="activity_screen"),
    path("activities/<int:pk>/screen/<slug:moment>/", activities.screen_code, name="activity_screen_code"),
    path("places/", activities.places, name="places"),
    path("places/<int:pk>/", activities.place_print, name="place_print"),
    path("review/", review.queue, name="review"),
    path("review/<uuid:pk>/", review.one, name="review_one"),
    path("review/<uuid:pk>/decide/", review.decision, name="review_decide"),
    path("residents/", residents.listing, name="residents"),
    path("residents/new/", residents.new, name="resident_new"),
    path("residents/<int:pk>/", residents.detail, name="resident"),
    path("residents/<int:pk>/correct/", residents.correct, name="resident_correct"),
    path("residents/<int:pk>/change/", residents.change, name="resident_change"),
    path("residents/<int:pk>/binding/", residents.binding, name="resident_binding"),
    path("residents/<int:pk>/statement/", residents.statement, name="resident_statement"),
    path("import/", office.import_new, name="import_new"),
    path("import/blank/", office.import_blank, name="import_blank"),
    path("import/<int:pk>/", office.import_one, name="import_one"),
    path("bulk/", office.bulk_listing, name="bulk"),
    path("bulk/new/", office.bulk_new, name="bulk_new"),
    path("bulk/<int:pk>/", office.bulk_one, name="bulk_one"),
    path("notices/", office.notices, name="notices"),
    path("notices/<int:pk>/", office.notice, name="notice"),
    path("notices/<int:pk>/sheet/", office.notice_sheet, name="notice_sheet"),
    path("town/", town.town, name="town"),
    path("town/check/", residents.check, name="check"),
]
urlpatterns: list[URLPattern] = [*DOOR, *OWN, *OFFICE]
