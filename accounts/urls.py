"""Pages of accounts. Included at the root: inbox and API keep short addresses of their own."""

from django.urls import path

from . import api
from .views import agencies, inbox, me, password, people, rights, second_step, sign_in, tokens

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
    path("accounts/agencies/", agencies.agency_list, name="agencies"),
    path("accounts/agencies/new/", agencies.agency_new, name="agency_new"),
    path("accounts/agencies/<int:pk>/", agencies.agency_page, name="agency"),
    path("accounts/agencies/<int:pk>/activity/", agencies.agency_activity, name="agency_activity"),
    path("accounts/people/", people.person_list, name="people"),
    path("accounts/people/new/", people.person_new, name="person_new"),
    path("accounts/people/<int:pk>/", people.person_page, name="person"),
    path("accounts/people/<int:pk>/disable/", people.person_disable, name="person_disable"),
    path("accounts/people/<int:pk>/enable/", people.person_enable, name="person_enable"),
    path("accounts/people/<int:pk>/password/", people.person_reset_password, name="person_password"),
    path("accounts/rights/", rights.rights_list, name="rights"),
    path("accounts/rights/<int:pk>/", rights.rights_page, name="rights_of"),
    path("accounts/rights/<int:pk>/grant/", rights.role_grant, name="role_grant"),
    path("accounts/rights/<int:pk>/revoke/", rights.role_revoke, name="role_revoke"),
    path("accounts/rights/<int:pk>/scope/", rights.scope_change, name="scope_change"),
    path("accounts/rights/<int:pk>/authenticator/", rights.second_factor_reset, name="second_factor_reset"),
    path("accounts/tokens/", tokens.token_list, name="tokens"),
    path("accounts/tokens/<int:pk>/revoke/", tokens.token_revoke, name="token_revoke"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/<int:pk>/", inbox.inbox_open, name="inbox_open"),
    path("inbox/read/", inbox.inbox_read, name="inbox_read"),
    path("api/v1/me", api.MeView.as_view(), name="api_me"),
    path("api/v1/schema/", api.SchemaView.as_view(), name="api_schema"),
]
