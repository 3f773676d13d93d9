"""Django's admin as an app of this project."""

from django.contrib.admin.apps import AdminConfig


class AuditedAdminConfig(AdminConfig):
    """The admin on a site that writes every action into the audit log."""

    default_site = "rickproject.admin_site.Site"
