"""All addresses of the site."""

from django.contrib import admin
from django.urls import include, path

from rickproject import probes

urlpatterns = [
    path("admin/", admin.site.urls),
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.readyz, name="readyz"),
    path("", include("curation.urls")),
    path("", include("training.urls")),
]
