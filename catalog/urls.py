"""Pages of the app."""

from django.urls import URLPattern, path

from catalog.urls_rules import urlpatterns as rule_pages
from catalog.views import downloads, editing, feedback, guide, public

app_name = "catalog"
public_pages: list[URLPattern] = [
    path("", public.list_page, name="list"),
    path("developers/", guide.developers, name="developers"),
    path("terms/", guide.terms, name="terms"),
    path("statistics/", guide.statistics, name="statistics"),
    path("datasets/<slug:name>/", public.dataset_page, name="dataset"),
    path("datasets/<slug:name>/datapackage.json", guide.datapackage, name="datapackage"),
    path("datasets/<slug:name>/resources/<uuid:uid>/", public.resource_page, name="resource"),
    path("resources/<uuid:uid>/download/<path:name>", downloads.download, name="download"),
    path("feedback/", feedback.feedback_list, name="feedback"),
    path("feedback/new/", feedback.feedback_new, name="feedback_new"),
    path("feedback/<str:number>/", feedback.feedback_item, name="feedback_item"),
]
handling_pages: list[URLPattern] = [
    path("feedback-desk/", feedback.desk, name="feedback_desk"),
    path("feedback-desk/<str:number>/", feedback.handle, name="feedback_handle"),
    path("feedback-desk/<str:number>/accept/", feedback.accept, name="feedback_accept"),
]
editing_pages: list[URLPattern] = [
    path("drafts/", editing.drafts_page, name="drafts"),
    path("drafts/new/", editing.draft_new, name="draft_new"),
    path("drafts/<uuid:uid>/", editing.draft, name="draft"),
    path("drafts/<uuid:uid>/upload/", editing.draft_upload, name="draft_upload"),
    path("drafts/<uuid:uid>/link/", editing.draft_link, name="draft_link"),
    path("intakes/<int:pk>/", editing.intake_page, name="intake"),
]
urlpatterns: list[URLPattern] = [*public_pages, *handling_pages, *editing_pages, *rule_pages]
