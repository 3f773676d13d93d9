import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("curation", "0001_initial"),
        ("curation", "0002_let_admins_decide_datasets"),
        ("curation", "0003_script_preview"),
        ("curation", "0004_remember_what_a_review_read"),
        ("curation", "0005_sum_up_datasets_and_export_once"),
        ("curation", "0006_remember_client_keys"),
        ("curation", "0007_remember_sources_members_and_revisions"),
        ("curation", "0008_layers_per_annotator"),
        ("curation", "0009_aim_for_a_number_of_dialogues"),
        ("curation", "0010_write_guidelines"),
        ("curation", "0011_talk_in_threads"),
        ("curation", "0012_let_people_choose_keys"),
        ("curation", "0013_invite_people"),
        ("curation", "0014_share_out_work_and_count_approvals"),
        ("curation", "0015_hold_places_of_begun_layers"),
        ("curation", "0016_log_accounts_and_the_admin"),
        ("curation", "0017_talk_about_lines"),
        ("curation", "0018_tell_people"),
        ("curation", "0019_hold_mail_sealed"),
        ("curation", "0020_learn_and_draft"),
    ]

    initial = True

    dependencies = [
        ("auth", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Episode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("season_number", models.PositiveIntegerField()),
                ("episode_number", models.PositiveIntegerField()),
                ("title", models.CharField(blank=True, max_length=200)),
                ("utterance_count", models.PositiveIntegerField(default=0)),
            ],
            options={
                "ordering": ["season_number", "episode_number"],
            },
        ),
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(help_text="beat, or queue:<name>", max_length=60, unique=True),
                ),
                ("seen_at", models.DateTimeField()),
                ("detail", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="SealedMail",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sealed", models.TextField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("next_try_at", models.DateTimeField()),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("error", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Boundary",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("start", "start of the episode"),
                            ("person", "a person"),
                            ("speaker_model", "the speaker model"),
                            ("source", "the source file"),
                            ("llm", "a language model"),
                            ("layers", "the annotators' layers"),
                        ],
                        default="person",
                        max_length=20,
                    ),
                ),
                ("probability", models.FloatField(help_text="0 to 1, as suggested", null=True)),
                ("title", models.CharField(blank=True, max_length=200)),
                ("note", models.TextField(blank=True)),
                ("note_revision", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "boundaries",
                "ordering": ["utterance__position"],
            },
        ),
        migrations.CreateModel(
            name="Character",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(help_text="as written in the source", max_length=200)),
                ("normalised_name", models.CharField(max_length=200)),
                ("is_target", models.BooleanField(default=False)),
                ("utterance_count", models.PositiveIntegerField(default=0)),
                (
                    "colour",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="0 to 11, of the palette"
                    ),
                ),
                (
                    "alias_of",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="aliases",
                        to="curation.character",
                    ),
                ),
                (
                    "members",
                    models.ManyToManyField(
                        blank=True,
                        help_text="who speaks together under this name",
                        related_name="groups",
                        to="curation.character",
                    ),
                ),
            ],
            options={
                "ordering": ["-utterance_count", "name"],
            },
        ),
        migrations.CreateModel(
            name="Comment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.TextField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="ContextNote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("revision", models.PositiveIntegerField()),
                ("title", models.CharField(blank=True, max_length=200)),
                ("text", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "scene",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notes",
                        to="curation.boundary",
                    ),
                ),
            ],
            options={
                "ordering": ["-revision"],
                "constraints": [
                    models.UniqueConstraint(fields=("scene", "revision"), name="note_revision_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="DatasetVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(help_text="1 for the project's first")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "waiting to be built"),
                            ("building", "being built"),
                            ("waiting", "waiting for approval"),
                            ("approved", "approved"),
                            ("returned", "returned"),
                            ("failed", "failed"),
                        ],
                        db_index=True,
                        default="queued",
                        max_length=12,
                    ),
                ),
                ("recipe", models.JSONField(help_text="see curation.domain.recipes")),
                ("seed", models.PositiveIntegerField()),
                (
                    "split_by",
                    models.CharField(
                        choices=[
                            ("dialogue", "dialogue"),
                            ("scene", "scene"),
                            ("episode", "episode"),
                        ],
                        default="scene",
                        max_length=10,
                    ),
                ),
                ("validation_share", models.FloatField(default=0.1, help_text="0 to 0.5")),
                ("train_count", models.PositiveIntegerField(default=0)),
                ("validation_count", models.PositiveIntegerField(default=0)),
                ("train_token_count", models.PositiveIntegerField(default=0)),
                ("validation_token_count", models.PositiveIntegerField(default=0)),
                ("tokenizer", models.CharField(blank=True, max_length=60)),
                (
                    "sha256",
                    models.CharField(
                        blank=True, help_text="of the manifest's bytes", max_length=64
                    ),
                ),
                ("manifest", models.TextField(blank=True, help_text="canonical JSON")),
                (
                    "statistics",
                    models.JSONField(default=dict, help_text="summed up when it was built"),
                ),
                ("error_code", models.CharField(blank=True, max_length=60)),
                ("error_detail", models.TextField(blank=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("lease_owner", models.CharField(blank=True, max_length=60)),
                ("lease_until", models.DateTimeField(null=True)),
                ("client_key", models.CharField(max_length=64, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decision_reason", models.TextField(blank=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "target_character",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="curation.character",
                    ),
                ),
            ],
            options={
                "ordering": ["-number"],
                "permissions": [("decide_dataset", "Can approve or return dataset versions")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("client_key__isnull", False)),
                        fields=("created_by", "client_key"),
                        name="dataset_once_per_client_key",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Dialogue",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("submitted", "submitted"),
                            ("approved", "approved"),
                            ("returned", "returned"),
                            ("removed", "removed"),
                        ],
                        db_index=True,
                        default="draft",
                        max_length=12,
                    ),
                ),
                ("revision", models.PositiveIntegerField(default=1)),
                (
                    "is_proposed",
                    models.BooleanField(default=False, help_text="made by the proposer"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("submitted_at", models.DateTimeField(null=True)),
                (
                    "submission",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="how often it was handed in; approvals count within one",
                    ),
                ),
                (
                    "approvals",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="of the present submission, each by another person"
                    ),
                ),
                (
                    "client_key",
                    models.CharField(
                        blank=True,
                        help_text="of the page's request, to know a repeated one by",
                        max_length=64,
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "scene",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="dialogues",
                        to="curation.boundary",
                    ),
                ),
                (
                    "submitted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "target_character",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="dialogues",
                        to="curation.character",
                    ),
                ),
                (
                    "updated_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="DatasetRecord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "position",
                    models.PositiveIntegerField(help_text="0 for the first line of its split"),
                ),
                (
                    "split",
                    models.CharField(
                        choices=[("train", "train"), ("validation", "validation")], max_length=12
                    ),
                ),
                ("dialogue_revision", models.PositiveIntegerField()),
                ("line", models.BinaryField(help_text="UTF-8 JSON and a line feed")),
                ("sha256", models.CharField(max_length=64)),
                ("token_count", models.PositiveIntegerField()),
                ("message_count", models.PositiveIntegerField()),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="records",
                        to="curation.datasetversion",
                    ),
                ),
                (
                    "dialogue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="records",
                        to="curation.dialogue",
                    ),
                ),
            ],
            options={
                "ordering": ["split", "position"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("dataset", "split", "position"), name="record_once_per_position"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DialogueRevision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("revision", models.PositiveIntegerField()),
                ("members", models.JSONField(help_text="[{utterance, dropped, text}] in order")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "dialogue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="revisions",
                        to="curation.dialogue",
                    ),
                ),
            ],
            options={
                "ordering": ["-revision"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("dialogue", "revision"), name="dialogue_revision_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Export",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("file_format", models.CharField(default="openai_chat", max_length=20)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "waiting"),
                            ("running", "being written"),
                            ("done", "ready"),
                            ("failed", "failed"),
                        ],
                        db_index=True,
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("records_done", models.PositiveIntegerField(default=0)),
                ("records_total", models.PositiveIntegerField(default=0)),
                ("error_code", models.CharField(blank=True, max_length=60)),
                ("error_detail", models.TextField(blank=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("lease_owner", models.CharField(blank=True, max_length=60)),
                ("lease_until", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exports",
                        to="curation.datasetversion",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "failed"), _negated=True),
                        fields=("dataset", "file_format"),
                        name="export_once_per_dataset",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ExportFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                (
                    "stored_path",
                    models.CharField(help_text="below the folder of exports", max_length=255),
                ),
                ("sha256", models.CharField(max_length=64)),
                ("byte_size", models.PositiveBigIntegerField()),
                (
                    "export",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="files",
                        to="curation.export",
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(fields=("export", "name"), name="export_file_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Finding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=60)),
                (
                    "severity",
                    models.CharField(
                        choices=[("error", "error"), ("warning", "warning"), ("note", "note")],
                        max_length=10,
                    ),
                ),
                ("message", models.TextField()),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="findings",
                        to="curation.datasetversion",
                    ),
                ),
                (
                    "dialogue",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="findings",
                        to="curation.dialogue",
                    ),
                ),
            ],
            options={
                "ordering": ["severity", "code", "pk"],
            },
        ),
        migrations.CreateModel(
            name="KeyChoice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("command", models.CharField(help_text="its name in the key map", max_length=60)),
                (
                    "keys",
                    models.CharField(
                        blank=True,
                        help_text="as the key map writes them; empty is switched off",
                        max_length=80,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="key_choices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["command"],
                "constraints": [
                    models.UniqueConstraint(fields=("user", "command"), name="key_choice_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="MailSetting",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "choice",
                    models.CharField(
                        choices=[
                            ("at_once", "mentions at once, the rest once a day"),
                            ("digest", "everything once a day"),
                            ("off", "no e-mail"),
                        ],
                        default="at_once",
                        max_length=12,
                    ),
                ),
                (
                    "hour",
                    models.PositiveSmallIntegerField(
                        default=8,
                        help_text="of the digest, there",
                        validators=[django.core.validators.MaxValueValidator(23)],
                    ),
                ),
                ("time_zone", models.CharField(default="UTC", max_length=60)),
                (
                    "since",
                    models.DateTimeField(
                        default=django.utils.timezone.now, help_text="what is older is not mailed"
                    ),
                ),
                ("next_digest_at", models.DateTimeField(db_index=True)),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mail_setting",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="NoteDraft",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "suggester",
                    models.CharField(
                        choices=[
                            ("speaker_model", "the speaker model"),
                            ("source", "the source file"),
                            ("llm", "a language model"),
                        ],
                        default="llm",
                        max_length=40,
                    ),
                ),
                ("model_name", models.CharField(blank=True, max_length=120)),
                ("title", models.CharField(blank=True, max_length=200)),
                ("text", models.TextField(blank=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "draft"),
                            ("accepted", "accepted"),
                            ("edited", "accepted with changes"),
                            ("dismissed", "refused"),
                            ("replaced", "replaced by a newer draft"),
                        ],
                        db_index=True,
                        default="open",
                        max_length=12,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "note",
                    models.OneToOneField(
                        help_text="the revision that it became",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="draft",
                        to="curation.contextnote",
                    ),
                ),
                (
                    "scene",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="note_drafts",
                        to="curation.boundary",
                    ),
                ),
            ],
            options={
                "ordering": ["scene__utterance__position", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("scene",),
                        name="one_open_draft_per_scene",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OutgoingMail",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("message_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("is_digest", models.BooleanField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "waiting"),
                            ("sending", "being sent"),
                            ("sent", "sent"),
                            ("dropped", "not wanted any more"),
                        ],
                        default="queued",
                        max_length=12,
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("lease_owner", models.CharField(blank=True, max_length=60)),
                ("lease_until", models.DateTimeField(null=True)),
                ("error_detail", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="outgoing_mails",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["queued", "sending"])),
                        fields=["next_try_at"],
                        name="mail_waiting",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Project",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("slug", models.SlugField(max_length=60, unique=True)),
                ("description", models.TextField(blank=True)),
                (
                    "segmentation_mode",
                    models.CharField(
                        choices=[
                            ("blind", "blind: everybody cuts a layer of their own"),
                            ("shared", "shared: everybody cuts the same layer"),
                        ],
                        default="shared",
                        help_text="shared for projects older than the choice; create_project makes blind ones",
                        max_length=12,
                    ),
                ),
                (
                    "annotators_per_episode",
                    models.PositiveSmallIntegerField(
                        default=1,
                        help_text="finished layers that an episode needs before it is agreed",
                    ),
                ),
                (
                    "dialogue_goal",
                    models.PositiveIntegerField(
                        default=52,
                        help_text="approved dialogues that the team wants; the forecast's aim",
                    ),
                ),
                (
                    "required_approvals",
                    models.PositiveSmallIntegerField(
                        default=1,
                        help_text="people who must approve a dialogue before it is approved",
                    ),
                ),
                (
                    "rereview_percent",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="share of approved dialogues that a second person reads blind",
                    ),
                ),
                (
                    "rereview_seed",
                    models.PositiveIntegerField(
                        default=1, help_text="decides with the share which dialogues are drawn"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("annotator", "annotator"),
                            ("reviewer", "reviewer"),
                            ("manager", "manager"),
                            ("tester", "tester"),
                        ],
                        max_length=20,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="curation.project",
                    ),
                ),
            ],
            options={
                "ordering": ["user__username", "role"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("project", "user", "role"), name="membership_once_per_role"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("email", models.EmailField(max_length=254)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("annotator", "annotator"),
                            ("reviewer", "reviewer"),
                            ("manager", "manager"),
                            ("tester", "tester"),
                        ],
                        max_length=20,
                    ),
                ),
                ("token_sha256", models.CharField(max_length=64, unique=True)),
                (
                    "is_mailed",
                    models.BooleanField(
                        help_text="the link went to the address by mail and to nobody else, so using it proves it"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
                ("accepted_at", models.DateTimeField(null=True)),
                (
                    "accepted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "invited_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitations",
                        to="curation.project",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("accepted_at", None), ("revoked_at", None)),
                        fields=("project", "email", "role"),
                        name="one_open_invitation",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="GuidelineRevision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("text", models.TextField(blank=True, help_text="Markdown")),
                ("summary", models.CharField(blank=True, help_text="what changed", max_length=200)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="guidelines",
                        to="curation.project",
                    ),
                ),
            ],
            options={
                "ordering": ["-number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("project", "number"), name="guideline_number_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="GuidelineReading",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("read_at", models.DateTimeField(auto_now=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="curation.project",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("project", "user"), name="guideline_reading_once"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="dialogue",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="dialogues",
                to="curation.project",
            ),
        ),
        migrations.AddField(
            model_name="datasetversion",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="datasets",
                to="curation.project",
            ),
        ),
        migrations.AddField(
            model_name="character",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="characters",
                to="curation.project",
            ),
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("layer", "own layer"),
                            ("scenes", "scenes"),
                            ("dialogues", "dialogues"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "place",
                    models.PositiveSmallIntegerField(
                        help_text="1 for the first of the episode's places"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("done", "done"),
                            ("released", "given back"),
                            ("lapsed", "taken over"),
                        ],
                        default="open",
                        max_length=12,
                    ),
                ),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("manual", "by hand"),
                            ("shared_out", "shared out"),
                            ("taken", "taken by oneself"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "lease_until",
                    models.DateTimeField(help_text="empty before the work was begun", null=True),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        help_text="who finished, released or took it over",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assignments",
                        to="curation.episode",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assignments",
                        to="curation.project",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [
                    models.Index(fields=["project", "kind", "state"], name="assignment_by_state"),
                    models.Index(
                        fields=["person", "project", "state"], name="assignment_of_person"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("open", "done"))),
                        fields=("episode", "kind", "place"),
                        name="place_held_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("open", "done"))),
                        fields=("episode", "kind", "person"),
                        name="person_holds_one_place",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Activity",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "verb",
                    models.CharField(
                        help_text="noun and past tense: dialogue.approved", max_length=60
                    ),
                ),
                ("target_type", models.CharField(max_length=40)),
                ("target_id", models.BigIntegerField()),
                ("target_label", models.CharField(max_length=200)),
                ("detail", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="activities",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        help_text="empty for what concerns an account or the whole site",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="activities",
                        to="curation.project",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "activities",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(fields=["project", "-id"], name="activity_feed"),
                    models.Index(fields=["target_type", "target_id"], name="activity_by_target"),
                    models.Index(fields=["project", "verb"], name="activity_by_verb"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("revision", models.PositiveIntegerField(help_text="the one the reviewer read")),
                (
                    "decision",
                    models.CharField(
                        choices=[
                            ("approved", "approved"),
                            ("returned", "returned"),
                            ("removed", "removed"),
                        ],
                        max_length=12,
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                (
                    "lines_sha256",
                    models.CharField(
                        blank=True,
                        help_text="of the speakers and texts that were read",
                        max_length=64,
                    ),
                ),
                (
                    "note_sha256",
                    models.CharField(
                        blank=True,
                        help_text="of the scene's context note that was read",
                        max_length=64,
                    ),
                ),
                (
                    "submission",
                    models.PositiveIntegerField(
                        help_text="of the dialogue; empty for decisions from before it was counted",
                        null=True,
                    ),
                ),
                (
                    "fixed_from",
                    models.PositiveIntegerField(
                        help_text="the revision that was read, where the reviewer changed it first",
                        null=True,
                    ),
                ),
                (
                    "is_decisive",
                    models.BooleanField(
                        default=True,
                        help_text="not an approval that waits for another, nor a second reading",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "dialogue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reviews",
                        to="curation.dialogue",
                    ),
                ),
                (
                    "reviewer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("decision", "approved")),
                        fields=("dialogue", "submission", "reviewer"),
                        name="one_approval_per_person",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Rereview",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "submission",
                    models.PositiveIntegerField(help_text="of the dialogue when it was approved"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "waiting"),
                            ("confirmed", "approved again"),
                            ("disagreed", "decided otherwise"),
                        ],
                        default="open",
                        max_length=12,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "dialogue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rereviews",
                        to="curation.dialogue",
                    ),
                ),
                (
                    "first",
                    models.ForeignKey(
                        help_text="the approval it checks",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="curation.review",
                    ),
                ),
                (
                    "second",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="curation.review",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("dialogue", "submission"), name="rereview_once_per_submission"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Script",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                ("file_name", models.CharField(max_length=255)),
                (
                    "stored_path",
                    models.CharField(help_text="below the folder of uploads", max_length=255),
                ),
                ("byte_size", models.PositiveBigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("file_format", models.CharField(blank=True, max_length=12)),
                ("encoding", models.CharField(blank=True, max_length=20)),
                (
                    "column_mapping",
                    models.JSONField(default=dict, help_text="field of ours -> column of the file"),
                ),
                (
                    "preview",
                    models.JSONField(default=dict, help_text="what the check showed, cut short"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("uploaded", "uploaded"),
                            ("checking", "being checked"),
                            ("needs_mapping", "waiting for its columns"),
                            ("checked", "checked, waiting for your word"),
                            ("importing", "being imported"),
                            ("imported", "imported"),
                            ("replaced", "replaced by a corrected file"),
                            ("failed", "refused"),
                            ("discarding", "being removed"),
                        ],
                        db_index=True,
                        default="uploaded",
                        max_length=20,
                    ),
                ),
                (
                    "work_started_at",
                    models.DateTimeField(help_text="of the check or import under way", null=True),
                ),
                ("rows_total", models.PositiveIntegerField(null=True)),
                ("rows_done", models.PositiveIntegerField(default=0)),
                ("episode_count", models.PositiveIntegerField(default=0)),
                ("character_count", models.PositiveIntegerField(default=0)),
                ("utterance_count", models.PositiveIntegerField(default=0)),
                ("missing_row_count", models.PositiveIntegerField(default=0)),
                ("error_code", models.CharField(blank=True, max_length=60)),
                ("error_detail", models.TextField(blank=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("lease_owner", models.CharField(blank=True, max_length=60)),
                ("lease_until", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("imported_at", models.DateTimeField(null=True)),
                (
                    "repairs_text",
                    models.BooleanField(
                        default=False, help_text="text once read in the wrong encoding is repaired"
                    ),
                ),
                (
                    "revision",
                    models.PositiveIntegerField(default=1, help_text="1 for the first file"),
                ),
                (
                    "carry_over",
                    models.JSONField(
                        default=dict,
                        help_text="what became of the annotations of the script it replaces",
                    ),
                ),
                (
                    "client_key",
                    models.CharField(
                        blank=True,
                        help_text="of the page's upload, to know a repeated one by",
                        max_length=64,
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="scripts",
                        to="curation.project",
                    ),
                ),
                (
                    "replaces",
                    models.ForeignKey(
                        help_text="the script this file corrects",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="curation.script",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "failed"), _negated=True),
                        fields=("project", "sha256"),
                        name="script_once_per_project",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportProblem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "row_number",
                    models.PositiveIntegerField(help_text="as a spreadsheet counts", null=True),
                ),
                (
                    "severity",
                    models.CharField(
                        choices=[("error", "error"), ("warning", "warning"), ("note", "note")],
                        max_length=10,
                    ),
                ),
                ("code", models.CharField(max_length=60)),
                ("message", models.TextField()),
                (
                    "script",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="problems",
                        to="curation.script",
                    ),
                ),
            ],
            options={
                "ordering": ["row_number", "pk"],
            },
        ),
        migrations.AddField(
            model_name="episode",
            name="script",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="episodes",
                to="curation.script",
            ),
        ),
        migrations.CreateModel(
            name="Segmentation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("untouched", "untouched"),
                            ("in_progress", "in progress"),
                            ("submitted", "submitted"),
                        ],
                        default="untouched",
                        max_length=20,
                    ),
                ),
                ("revision", models.PositiveIntegerField(default=0)),
                (
                    "agreed_revision",
                    models.PositiveIntegerField(
                        help_text="of an agreed layer: as it was written from the annotators' layers",
                        null=True,
                    ),
                ),
                (
                    "saw_others",
                    models.BooleanField(
                        default=False,
                        help_text="its author could see colleagues' layers while cutting it",
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "annotator",
                    models.ForeignKey(
                        help_text="empty for the agreed layer",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="segmentations",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="segmentations",
                        to="curation.episode",
                    ),
                ),
                (
                    "updated_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("annotator", None)),
                        fields=("episode",),
                        name="one_agreed_layer",
                    ),
                    models.UniqueConstraint(
                        fields=("episode", "annotator"), name="one_layer_per_annotator"
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="boundary",
            name="segmentation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="boundaries",
                to="curation.segmentation",
            ),
        ),
        migrations.CreateModel(
            name="SpeakerLearning",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "fingerprint",
                    models.CharField(help_text="SHA-256 of what it learned from", max_length=64),
                ),
                (
                    "episode_count",
                    models.PositiveIntegerField(help_text="agreed episodes it learned from"),
                ),
                (
                    "parameters",
                    models.JSONField(
                        help_text="settings of the speaker model; empty with too few episodes",
                        null=True,
                    ),
                ),
                (
                    "learned_gaps",
                    models.JSONField(
                        help_text="where it starts scenes in the episode left out", null=True
                    ),
                ),
                (
                    "built_in_gaps",
                    models.JSONField(
                        help_text="where the built-in settings start scenes there", null=True
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "left_out",
                    models.ForeignKey(
                        help_text="the agreed episode it knows nothing of; empty when it learned from all",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="curation.episode",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="speaker_learnings",
                        to="curation.project",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("left_out", None)),
                        fields=("project",),
                        name="one_learning_from_all",
                    ),
                    models.UniqueConstraint(
                        fields=("project", "left_out"), name="one_learning_per_episode_left_out"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SuggestionRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("suggester", models.CharField(default="speaker_model", max_length=40)),
                (
                    "model_name",
                    models.CharField(
                        blank=True,
                        help_text="of a language model; what a speaker model learned on",
                        max_length=120,
                    ),
                ),
                ("parameters", models.JSONField(default=dict)),
                (
                    "scene_count",
                    models.PositiveIntegerField(default=0, help_text="scenes it proposes"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="suggestion_runs",
                        to="curation.episode",
                    ),
                ),
                (
                    "layer",
                    models.ForeignKey(
                        help_text="the annotator's layer it is for; empty for the agreed one",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="suggestion_runs",
                        to="curation.segmentation",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Thread",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "is_on_scene",
                    models.BooleanField(default=False, help_text="on the scene that starts there"),
                ),
                (
                    "quoted",
                    models.TextField(
                        blank=True, help_text="the line as it was when the thread began"
                    ),
                ),
                ("resolved_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "dialogue",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="threads",
                        to="curation.dialogue",
                    ),
                ),
                (
                    "episode",
                    models.ForeignKey(
                        help_text="of a line: where it was said; the line leaves it when a correction drops it",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="threads",
                        to="curation.episode",
                    ),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="threads",
                        to="curation.project",
                    ),
                ),
                (
                    "resolved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [
                    models.Index(fields=["project", "resolved_at"], name="thread_open"),
                    models.Index(fields=["episode", "resolved_at"], name="thread_of_episode"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("resolved_at__isnull", True), ("resolved_by__isnull", True)),
                            models.Q(
                                ("resolved_at__isnull", False), ("resolved_by__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="thread_resolved_by_and_when",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("mentioned", "you were mentioned"),
                            ("replied", "an answer where you took part"),
                            ("resolved", "a thread of yours was resolved"),
                            ("returned", "a dialogue of yours was returned"),
                            ("approved", "a dialogue of yours was approved"),
                            ("assigned", "work was given to you"),
                            ("dataset_approved", "a dataset was approved"),
                            ("dataset_returned", "a dataset was returned"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "words",
                    models.CharField(
                        blank=True, help_text="a reason, or what to do", max_length=300
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("read_at", models.DateTimeField(null=True)),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "comment",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="curation.comment",
                    ),
                ),
                (
                    "dataset",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="curation.datasetversion",
                    ),
                ),
                (
                    "dialogue",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="curation.dialogue",
                    ),
                ),
                (
                    "episode",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="curation.episode",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notifications",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "mail",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="notifications",
                        to="curation.outgoingmail",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="curation.project",
                    ),
                ),
                (
                    "thread",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="curation.thread",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(fields=["user", "-id"], name="notification_list"),
                    models.Index(
                        condition=models.Q(("read_at", None)),
                        fields=["user"],
                        name="notification_unread",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="comment",
            name="thread",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="comments",
                to="curation.thread",
            ),
        ),
        migrations.CreateModel(
            name="Utterance",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "position",
                    models.PositiveIntegerField(help_text="0 for the first of the episode"),
                ),
                (
                    "row_number",
                    models.PositiveIntegerField(help_text="in the file, as a spreadsheet counts"),
                ),
                (
                    "source_index",
                    models.IntegerField(help_text="the index column of the source", null=True),
                ),
                (
                    "missing_before",
                    models.PositiveIntegerField(
                        default=0, help_text="rows the source lacks between the one before and this"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("speech", "speech"), ("direction", "stage direction")],
                        default="speech",
                        max_length=12,
                    ),
                ),
                ("text", models.TextField()),
                (
                    "character",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="utterances",
                        to="curation.character",
                    ),
                ),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="utterances",
                        to="curation.episode",
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("episode", "position"), name="utterance_once_per_position"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="thread",
            name="utterance",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="threads",
                to="curation.utterance",
            ),
        ),
        migrations.CreateModel(
            name="SuggestedBoundary",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("probability", models.FloatField(help_text="0 to 1")),
                (
                    "title",
                    models.CharField(
                        blank=True,
                        help_text="of the scene, where the source names it",
                        max_length=200,
                    ),
                ),
                (
                    "is_proposed",
                    models.BooleanField(help_text="in the best segmentation, not only likely"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("accepted", "accepted"),
                            ("dismissed", "dismissed"),
                        ],
                        default="open",
                        max_length=12,
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="boundaries",
                        to="curation.suggestionrun",
                    ),
                ),
                (
                    "utterance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="suggestions",
                        to="curation.utterance",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "suggested boundaries",
                "ordering": ["utterance__position"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("run", "utterance"), name="suggestion_once_per_run"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SplitDecision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "rule",
                    models.CharField(
                        choices=[
                            ("majority", "the majority"),
                            ("annotator", "one annotator's scenes"),
                        ],
                        max_length=12,
                    ),
                ),
                ("votes", models.PositiveSmallIntegerField(help_text="annotators who drew it")),
                (
                    "annotators",
                    models.PositiveSmallIntegerField(help_text="annotators with a finished layer"),
                ),
                ("decided_at", models.DateTimeField(auto_now=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "segmentation",
                    models.ForeignKey(
                        help_text="the agreed one",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="decisions",
                        to="curation.segmentation",
                    ),
                ),
                (
                    "taken_from",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "start",
                    models.ForeignKey(
                        help_text="where the scene starts; empty when none does",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="curation.utterance",
                    ),
                ),
                (
                    "utterance",
                    models.ForeignKey(
                        help_text="where most drew it",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="curation.utterance",
                    ),
                ),
            ],
            options={
                "ordering": ["utterance__position"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("segmentation", "utterance"), name="split_decided_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DialogueUtterance",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "is_live",
                    models.BooleanField(default=True, help_text="its dialogue is not removed"),
                ),
                (
                    "is_dropped",
                    models.BooleanField(default=False, help_text="left out of the training record"),
                ),
                (
                    "training_text",
                    models.TextField(
                        blank=True,
                        help_text="cleaned for training; empty for the script's own text",
                        null=True,
                    ),
                ),
                (
                    "dialogue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="members",
                        to="curation.dialogue",
                    ),
                ),
                (
                    "target_character",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="curation.character",
                    ),
                ),
                (
                    "utterance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="members",
                        to="curation.utterance",
                    ),
                ),
            ],
            options={
                "ordering": ["utterance__position"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_live", True)),
                        fields=("utterance", "target_character"),
                        name="utterance_in_one_live_dialogue",
                    ),
                    models.UniqueConstraint(
                        fields=("dialogue", "utterance"), name="member_once_per_dialogue"
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="boundary",
            name="utterance",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="boundaries",
                to="curation.utterance",
            ),
        ),
        migrations.AddIndex(
            model_name="dialogue",
            index=models.Index(fields=["project", "state"], name="dialogue_by_state"),
        ),
        migrations.AddConstraint(
            model_name="datasetversion",
            constraint=models.UniqueConstraint(
                fields=("project", "number"), name="dataset_number_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="character",
            constraint=models.UniqueConstraint(
                fields=("project", "normalised_name"), name="character_once_per_project"
            ),
        ),
        migrations.AddConstraint(
            model_name="episode",
            constraint=models.UniqueConstraint(
                fields=("script", "season_number", "episode_number"), name="episode_once_per_script"
            ),
        ),
        migrations.AddConstraint(
            model_name="thread",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("dialogue__isnull", True),
                        ("episode__isnull", False),
                        ("utterance__isnull", False),
                    ),
                    models.Q(
                        ("dialogue__isnull", False),
                        ("episode__isnull", True),
                        ("is_on_scene", False),
                        ("utterance__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="thread_on_one_thing",
            ),
        ),
        migrations.AddConstraint(
            model_name="boundary",
            constraint=models.UniqueConstraint(
                fields=("segmentation", "utterance"), name="boundary_once_per_utterance"
            ),
        ),
    ]
