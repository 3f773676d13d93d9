"""How every form of the site is drawn."""

from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """Forms and fields in the components of the site instead of Django's own."""

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"
