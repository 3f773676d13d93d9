"""Addresses of accounts: those of allauth that are in use, under its names, and our own."""

from allauth.account import views as allauth_account
from allauth.mfa.base import views as second_step
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.socialaccount import views as social
from django.urls import URLPattern, URLResolver, path, re_path
from django.views.generic import RedirectView

from rickproject.accounts import joining, views

entrance_urls: list[URLPattern | URLResolver] = [
    path("login/", views.LogIn.as_view(), name="account_login"),
    path("logout/", allauth_account.logout, name="account_logout"),
    path("inactive/", allauth_account.account_inactive, name="account_inactive"),
    path("signup/", allauth_account.signup, name="account_signup"),
    path("password/reset/", allauth_account.password_reset, name="account_reset_password"),
    path(
        "password/reset/done/",
        allauth_account.password_reset_done,
        name="account_reset_password_done",
    ),
    path(
        "password/reset/key/done/",
        allauth_account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        allauth_account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "confirm-email/",
        allauth_account.email_verification_sent,
        name="account_email_verification_sent",
    ),
    re_path(
        r"^confirm-email/(?P<key>[-:\w]+)/$",
        allauth_account.confirm_email,
        name="account_confirm_email",
    ),
    path("join/", joining.join, name="join"),
    path("join/<str:token>/", joining.join_link, name="join_link"),
    path("oidc/<str:provider_id>/login/", views.issuer_login, name="openid_connect_login"),
    path("oidc/<str:provider_id>/callback/", views.issuer_callback, name="openid_connect_callback"),
    path("oidc/cancelled/", social.login_cancelled, name="socialaccount_login_cancelled"),
    path("second-step/authenticate/", second_step.authenticate, name="mfa_authenticate"),
]

own_urls: list[URLPattern | URLResolver] = [
    path("", views.account, name="account"),
    path("connections/", views.connections, name="socialaccount_connections"),
    path("sessions/", views.sessions, name="sessions"),
    path("sessions/end/", views.sessions_end, name="sessions_end"),
    path("sessions/<int:pk>/end/", views.session_end, name="session_end"),
    path("email/", allauth_account.email, name="account_email"),
    path("password/change/", allauth_account.password_change, name="account_change_password"),
    path("password/set/", allauth_account.password_set, name="account_set_password"),
    path("reauthenticate/", allauth_account.reauthenticate, name="account_reauthenticate"),
    path("second-step/", RedirectView.as_view(pattern_name="account"), name="mfa_index"),
    path("second-step/reauthenticate/", second_step.reauthenticate, name="mfa_reauthenticate"),
    path("second-step/on/", totp.activate_totp, name="mfa_activate_totp"),
    path("second-step/off/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("second-step/codes/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "second-step/codes/new/",
        recovery.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path(
        "second-step/codes/file/",
        recovery.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
]

urlpatterns = [*entrance_urls, *own_urls]
