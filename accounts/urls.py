"""Pages of accounts."""

from django.contrib.auth.views import LoginView
from django.urls import path

from .access import open_to_all

app_name = "accounts"
urlpatterns = [
    path("sign-in/", open_to_all(LoginView.as_view(template_name="accounts/sign_in.html")), name="sign_in"),
]
