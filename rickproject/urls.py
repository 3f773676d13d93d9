"""All addresses of the site."""

from django.contrib import admin
from django.urls import include, path

from rickproject import pages, probes
from rickproject.accounts import views as account_views

urlpatterns = [
    # One way in, with its limits, for the admin as well.
    path("admin/login/", account_views.admin_login),
    path("admin/", admin.site.urls),
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.readyz, name="readyz"),
    path("accounts/", include("rickproject.accounts.urls")),
    path("theme/", pages.theme, name="theme"),
    path("health/", pages.health, name="health"),
    path("", include("curation.urls")),
    path("", include("training.urls")),
]

handler400 = pages.bad_request
handler403 = pages.forbidden
handler404 = pages.not_found
handler429 = pages.too_many_requests  # asked for by allauth
handler500 = pages.server_error
