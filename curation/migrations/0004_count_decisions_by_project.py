"""Decisions know their dialogue's project and author, and whether they are its first."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Min, OuterRef, Subquery


def fill(apps, schema_editor):
    review = apps.get_model("curation", "Review").objects.using(schema_editor.connection.alias)
    dialogue = apps.get_model("curation", "Dialogue").objects.filter(pk=OuterRef("dialogue"))
    review.update(
        project=Subquery(dialogue.values("project")[:1]),
        author=Subquery(dialogue.values("created_by")[:1]),
    )
    firsts = review.filter(is_decisive=True).order_by().values("dialogue").annotate(first=Min("pk"))
    review.filter(pk__in=firsts.values("first")).update(is_first=True)


class Migration(migrations.Migration):
    dependencies = [
        ("curation", "0003_accept_suggestions_with_another_title"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="review",
            name="is_first",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="review",
            name="project",
            field=models.ForeignKey(
                null=True,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="curation.project",
            ),
        ),
        migrations.AddField(
            model_name="review",
            name="author",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
