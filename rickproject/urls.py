"""All addresses of the site."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path
from django.views.generic import RedirectView

from rickproject import pages, probes

urlpatterns = [
    # One way in, with its limits, for the admin as well.
    path("admin/login/", RedirectView.as_view(pattern_name="login", query_string=True)),
    path("admin/", admin.site.urls),
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.readyz, name="readyz"),
    path("accounts/login/", pages.LogIn.as_view(), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("accounts/password/", pages.ChangePassword.as_view(), name="password_change"),
    path("theme/", pages.theme, name="theme"),
    path("health/", pages.health, name="health"),
    path("", include("curation.urls")),
    path("", include("training.urls")),
]

handler400 = pages.bad_request
handler403 = pages.forbidden
handler404 = pages.not_found
handler500 = pages.server_error
