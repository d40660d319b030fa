"""Pages of accounts. Included at the root: inbox and API keep short addresses of their own."""

from django.urls import path

from .views import me, password, second_step, sign_in

app_name = "accounts"
urlpatterns = [
    path("accounts/sign-in/", sign_in.sign_in, name="sign_in"),
    path("accounts/sign-out/", sign_in.sign_out, name="sign_out"),
    path("accounts/second-step/", second_step.second_step, name="second_step"),
    path("accounts/second-step/enrol/", second_step.enrol, name="enrol"),
    path("accounts/second-step/enrol/code.svg", second_step.enrol_code, name="enrol_code"),
    path("accounts/second-step/recovery-codes/", second_step.recovery_codes, name="recovery_codes"),
    path("accounts/password/", password.password_change, name="password_change"),
    path("accounts/me/", me.me, name="me"),
]
