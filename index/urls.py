"""Pages of the index."""

from django.urls import path, re_path

from index.views import alerts, board, bulletin_file, bulletins, firms, method, vintages

app_name = "sme_index"
urlpatterns = [
    path("", board.board_page, name="board"),
    re_path(r"^export/(?P<kind>csv|xlsx|json)/$", board.export, name="export"),
    path("public/", board.public_page, name="public"),
    path("method/", method.method_page, name="method"),
    path("vintages/", vintages.vintages_page, name="vintages"),
    path("firms/", firms.firms_page, name="firms"),
    path("alerts/", alerts.alerts_page, name="alerts"),
    path("alerts/<int:pk>/", alerts.alert_page, name="alert"),
    path("alerts/<int:pk>/acknowledge/", alerts.alert_acknowledge, name="alert_acknowledge"),
    path("alerts/<int:pk>/assign/", alerts.alert_assign, name="alert_assign"),
    path("alerts/<int:pk>/close/", alerts.alert_close, name="alert_close"),
    path("bulletins/", bulletins.bulletins_page, name="bulletins"),
    path("bulletins/new/", bulletins.bulletin_new, name="bulletin_new"),
    path("bulletins/<int:pk>/", bulletins.bulletin_page, name="bulletin"),
    path("bulletins/<int:pk>/print/", bulletins.bulletin_print, name="bulletin_print"),
    path("bulletins/<int:pk>/bulletin.pdf", bulletin_file.bulletin_pdf, name="bulletin_pdf"),
    path("bulletins/<int:pk>/table.csv", bulletins.bulletin_table, name="bulletin_table"),
    path("bulletins/<int:pk>/comment/", bulletins.bulletin_comment, name="bulletin_comment"),
    path("bulletins/<int:pk>/sign/", bulletins.bulletin_sign, name="bulletin_sign"),
]
