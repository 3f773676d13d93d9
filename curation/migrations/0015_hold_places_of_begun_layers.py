"""Whoever began or finished a layer holds a place of its episode."""

from collections import Counter

from django.db import migrations


def hold_places(apps, schema_editor):
    """Give every layer that was begun a place, in the order in which they were begun."""
    segmentation = apps.get_model("curation", "Segmentation")
    assignment = apps.get_model("curation", "Assignment")
    places = Counter()
    rows = []
    layers = segmentation.objects.filter(annotator__isnull=False).exclude(state="untouched")
    for layer in layers.select_related("episode__script").order_by("pk"):
        places[layer.episode_id] += 1
        is_done = layer.state == "submitted"
        rows.append(
            assignment(
                project_id=layer.episode.script.project_id,
                episode_id=layer.episode_id,
                kind="layer",
                person_id=layer.annotator_id,
                place=places[layer.episode_id],
                state="done" if is_done else "open",
                origin="taken",
                lease_until=layer.updated_at,
                created_by_id=layer.annotator_id,
                ended_at=layer.updated_at if is_done else None,
                ended_by_id=layer.annotator_id if is_done else None,
            )
        )
    assignment.objects.bulk_create(rows, batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("curation", "0014_share_out_work_and_count_approvals")]

    operations = [migrations.RunPython(hold_places, migrations.RunPython.noop)]
