"""Pages of opening by rule: desk, restricted opening, key list, competition."""

from django.urls import path

from .views import apply, competition, desk, keylist

urlpatterns = [
    path("desk/", desk.desk_page, name="desk"),
    path("desk/changes/", desk.changes_page, name="desk_changes"),
    path("desk/changes/<int:pk>/decide/", desk.decide_change, name="desk_change_decide"),
    path("desk/rules/<int:pk>/confirm/", desk.confirm_rule, name="desk_rule_confirm"),
    path("desk/fields/<int:pk>/", desk.field_page, name="desk_field"),
    path("desk/fields/<int:pk>/opening/", desk.field_opening, name="desk_field_opening"),
    path("desk/resources/<int:pk>/plan/", desk.plan_page, name="desk_plan"),
    path("desk/resources/<int:pk>/proof/", desk.make_proof, name="desk_make_proof"),
    path("desk/proofs/<int:pk>/", desk.proof_page, name="desk_proof"),
    path("desk/registrations/<int:pk>/", apply.registration_page, name="registration"),
    path("desk/keylist/", keylist.desk_page, name="keylist_desk"),
    path("desk/keylist/<int:year>/", keylist.desk_page, name="keylist_desk_year"),
    path("desk/keylist/entries/<int:pk>/", keylist.progress_page, name="keylist_progress"),
    path("desk/competition/", competition.desk_page, name="competition_desk"),
    path("desk/<uuid:uid>/", desk.dataset_page, name="desk_dataset"),
    path("desk/<uuid:uid>/move/", desk.move, name="desk_move"),
    path("desk/<uuid:uid>/assessment/", desk.assessment_page, name="desk_assessment"),
    path("desk/<uuid:uid>/opening/", desk.set_opening, name="desk_opening"),
    path("register/", apply.register_page, name="register"),
    path("my/", apply.my_page, name="my"),
    path("apply/<uuid:uid>/", apply.apply_page, name="apply"),
    path("applications/", apply.applications_page, name="applications"),
    path("applications/<str:number>/", apply.application_page, name="application"),
    path("applications/<str:number>/resubmit/", apply.resubmit_page, name="application_resubmit"),
    path("applications/<str:number>/act/", apply.act, name="application_act"),
    path("applications/<str:number>/proof/", apply.proof_file, name="application_proof"),
    path("grants/<int:pk>/", apply.grant_page, name="grant"),
    path("grants/<int:pk>/revoke/", apply.revoke, name="grant_revoke"),
    path("keylist/", keylist.public_page, name="keylist"),
    path("keylist/<int:year>/", keylist.public_page, name="keylist_year"),
    path("keylist/<int:year>.csv", keylist.export, name="keylist_export"),
    path("competition/", competition.public_page, name="competition"),
    path("competition/<int:year>/", competition.public_page, name="competition_year"),
    path("competition/enter/", competition.enter, name="competition_enter"),
    path("competition/teams/<int:pk>/entry/", competition.entry_page, name="competition_entry"),
    path("competition/judging/", competition.judging, name="competition_judging"),
]
