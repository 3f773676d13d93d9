import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("training", "0001_initial"),
        ("training", "0002_keep_submission_import_and_budget"),
        ("training", "0003_count_turns_of_conversations"),
        ("training", "0004_ask_language_models"),
    ]

    initial = True

    dependencies = [
        ("auth", "__first__"),
        ("curation", "0001_ground"),
    ]

    operations = [
        migrations.CreateModel(
            name="Conversation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(blank=True, max_length=200)),
                (
                    "speaker_name",
                    models.CharField(
                        blank=True,
                        help_text="as whom the tester speaks; empty for nobody",
                        max_length=200,
                    ),
                ),
                ("uses_system_message", models.BooleanField(default=True)),
                ("system_message", models.TextField(blank=True)),
                ("temperature", models.FloatField(default=0.7)),
                ("top_p", models.FloatField(default=0.9)),
                ("max_tokens", models.PositiveIntegerField(default=200)),
                ("seed", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "turn",
                    models.PositiveIntegerField(
                        default=0, help_text="replies asked for; guards two tabs"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="conversations",
                        to="curation.project",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="conversations",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-updated_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="FineTuneJob",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("provider", models.CharField(help_text="local or openai", max_length=20)),
                ("base_model", models.CharField(max_length=200)),
                ("hyperparameters", models.JSONField(default=dict)),
                ("seed", models.PositiveIntegerField(default=1)),
                ("suffix", models.CharField(blank=True, max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "waiting to start"),
                            ("submitting", "being handed to the provider"),
                            ("needs_attention", "needs a person"),
                            ("validating_files", "files being checked"),
                            ("remote_queued", "waiting at the provider"),
                            ("running", "training"),
                            ("pausing", "pausing"),
                            ("paused", "paused"),
                            ("succeeded", "finished"),
                            ("failed", "failed"),
                            ("cancelled", "cancelled"),
                            ("unknown", "in a state we do not know"),
                        ],
                        db_index=True,
                        default="queued",
                        max_length=20,
                    ),
                ),
                (
                    "remote_status",
                    models.CharField(
                        blank=True, help_text="in the provider's words", max_length=60
                    ),
                ),
                ("remote_id", models.CharField(max_length=120, null=True, unique=True)),
                ("training_file_id", models.CharField(blank=True, max_length=120)),
                ("validation_file_id", models.CharField(blank=True, max_length=120)),
                ("fine_tuned_model", models.CharField(blank=True, max_length=200)),
                ("step", models.PositiveIntegerField(default=0)),
                ("total_steps", models.PositiveIntegerField(null=True)),
                ("eta_seconds", models.PositiveIntegerField(null=True)),
                (
                    "stage",
                    models.CharField(blank=True, help_text="what it does now", max_length=40),
                ),
                ("stop_reason", models.CharField(blank=True, max_length=40)),
                ("best_step", models.PositiveIntegerField(null=True)),
                ("estimated_tokens", models.PositiveBigIntegerField(null=True)),
                ("estimated_seconds", models.PositiveIntegerField(null=True)),
                (
                    "estimated_cost_usd",
                    models.DecimalField(decimal_places=4, max_digits=12, null=True),
                ),
                ("trained_tokens", models.PositiveBigIntegerField(null=True)),
                ("cost_usd", models.DecimalField(decimal_places=4, max_digits=12, null=True)),
                (
                    "result_file",
                    models.TextField(blank=True, help_text="the provider's metrics as CSV"),
                ),
                ("cancel_requested_at", models.DateTimeField(null=True)),
                ("error_code", models.CharField(blank=True, max_length=60)),
                ("error_detail", models.TextField(blank=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("lease_owner", models.CharField(blank=True, max_length=60)),
                ("lease_until", models.DateTimeField(null=True)),
                ("next_poll_at", models.DateTimeField(null=True)),
                (
                    "submitting_since",
                    models.DateTimeField(help_text="first time it may have been sent", null=True),
                ),
                (
                    "submitted_at",
                    models.DateTimeField(help_text="last time it may have been sent", null=True),
                ),
                (
                    "look_count",
                    models.PositiveSmallIntegerField(default=0, help_text="in vain, since then"),
                ),
                (
                    "imported_bytes",
                    models.PositiveBigIntegerField(
                        default=0, help_text="of the local trainer's event file"
                    ),
                ),
                ("budget_usd", models.DecimalField(decimal_places=4, max_digits=12, null=True)),
                ("client_key", models.CharField(max_length=64, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("started_at", models.DateTimeField(null=True)),
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="jobs",
                        to="curation.datasetversion",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="jobs",
                        to="curation.project",
                    ),
                ),
                (
                    "retry_of",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="training.finetunejob",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("client_key__isnull", False)),
                        fields=("created_by", "client_key"),
                        name="job_once_per_client_key",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("step", models.PositiveIntegerField()),
                (
                    "remote_id",
                    models.CharField(
                        blank=True, help_text="the provider's, or a path", max_length=200
                    ),
                ),
                ("train_loss", models.FloatField(null=True)),
                ("validation_loss", models.FloatField(null=True)),
                ("is_best", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="checkpoints",
                        to="training.finetunejob",
                    ),
                ),
            ],
            options={
                "ordering": ["step"],
                "constraints": [
                    models.UniqueConstraint(fields=("job", "step"), name="checkpoint_once_per_step")
                ],
            },
        ),
        migrations.CreateModel(
            name="JobEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("event_id", models.CharField(max_length=120)),
                ("created_at", models.DateTimeField()),
                ("level", models.CharField(default="info", max_length=10)),
                ("type", models.CharField(default="message", max_length=10)),
                ("message", models.TextField()),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="training.finetunejob",
                    ),
                ),
            ],
            options={
                "ordering": ["created_at", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("job", "event_id"), name="event_once_per_job")
                ],
            },
        ),
        migrations.CreateModel(
            name="MetricPoint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("step", models.PositiveIntegerField()),
                ("name", models.CharField(max_length=60)),
                ("value", models.FloatField()),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="metrics",
                        to="training.finetunejob",
                    ),
                ),
            ],
            options={
                "ordering": ["step", "name"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("job", "step", "name"), name="metric_once_per_step"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ModelPrice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("provider", models.CharField(max_length=20)),
                ("model", models.CharField(max_length=120)),
                (
                    "training_usd_per_million_tokens",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=12, null=True),
                ),
                (
                    "input_usd_per_million_tokens",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=12, null=True),
                ),
                (
                    "output_usd_per_million_tokens",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=12, null=True),
                ),
                ("as_of", models.DateField()),
                ("source", models.CharField(max_length=300)),
            ],
            options={
                "ordering": ["provider", "model"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("provider", "model"), name="price_once_per_model"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ModelVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="as the chat page shows it", max_length=120, unique=True
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("fine_tuned", "fine-tuned"), ("base", "base")], max_length=12
                    ),
                ),
                (
                    "provider",
                    models.CharField(help_text="local or openai: who serves it", max_length=20),
                ),
                (
                    "served_name",
                    models.CharField(help_text="the name the server knows", max_length=200),
                ),
                ("base_model", models.CharField(blank=True, max_length=200)),
                ("context_tokens", models.PositiveIntegerField(null=True)),
                ("is_retired", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "character",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="curation.character",
                    ),
                ),
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
                    "dataset",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="models",
                        to="curation.datasetversion",
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="models",
                        to="training.finetunejob",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="models",
                        to="curation.project",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Message",
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
                            ("system", "system"),
                            ("user", "user"),
                            ("assistant", "assistant"),
                        ],
                        max_length=12,
                    ),
                ),
                ("speaker_name", models.CharField(blank=True, max_length=200)),
                ("content", models.TextField(blank=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("complete", "complete"),
                            ("streaming", "being written"),
                            ("stopped", "stopped"),
                            ("failed", "failed"),
                        ],
                        default="complete",
                        max_length=12,
                    ),
                ),
                (
                    "sent_messages",
                    models.JSONField(default=list, help_text="exactly what the model was sent"),
                ),
                (
                    "unsent_count",
                    models.PositiveIntegerField(default=0, help_text="turns that did not fit"),
                ),
                ("parameters", models.JSONField(default=dict)),
                ("finish_reason", models.CharField(blank=True, max_length=40)),
                ("prompt_tokens", models.PositiveIntegerField(null=True)),
                ("completion_tokens", models.PositiveIntegerField(null=True)),
                ("first_token_ms", models.PositiveIntegerField(null=True)),
                ("total_ms", models.PositiveIntegerField(null=True)),
                ("error_code", models.CharField(blank=True, max_length=60)),
                ("error_detail", models.TextField(blank=True)),
                ("client_key", models.CharField(max_length=64, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="training.conversation",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="children",
                        to="training.message",
                    ),
                ),
                (
                    "model",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="messages",
                        to="training.modelversion",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("client_key__isnull", False)),
                        fields=("conversation", "client_key"),
                        name="message_once_per_client_key",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="conversation",
            name="model",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="conversations",
                to="training.modelversion",
            ),
        ),
        migrations.CreateModel(
            name="SuggestionRequest",
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
                        choices=[("scenes", "scenes"), ("notes", "titles and notes")], max_length=12
                    ),
                ),
                ("model_name", models.CharField(max_length=120)),
                (
                    "server",
                    models.CharField(help_text="where it was asked, without path", max_length=300),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "waiting"),
                            ("running", "being answered"),
                            ("needs_attention", "needs a person"),
                            ("succeeded", "answered"),
                            ("failed", "failed"),
                            ("cancelled", "stopped"),
                        ],
                        db_index=True,
                        default="queued",
                        max_length=20,
                    ),
                ),
                ("error_code", models.CharField(blank=True, max_length=60)),
                ("error_detail", models.TextField(blank=True)),
                (
                    "input_usd_per_million_tokens",
                    models.DecimalField(decimal_places=4, max_digits=12, null=True),
                ),
                (
                    "output_usd_per_million_tokens",
                    models.DecimalField(decimal_places=4, max_digits=12, null=True),
                ),
                ("price_as_of", models.DateField(null=True)),
                ("lease_owner", models.CharField(blank=True, max_length=60)),
                ("lease_until", models.DateTimeField(null=True)),
                ("next_try_at", models.DateTimeField(null=True)),
                ("client_key", models.CharField(max_length=64, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "annotator",
                    models.ForeignKey(
                        help_text="whose layer scenes are suggested for; empty for the agreed one",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="suggestion_requests",
                        to="curation.episode",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="suggestion_requests",
                        to="curation.project",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("client_key__isnull", False)),
                        fields=("created_by", "client_key"),
                        name="suggestion_once_per_client_key",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SuggestionPart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "first",
                    models.PositiveIntegerField(
                        help_text="position of the first line that is shown"
                    ),
                ),
                ("last", models.PositiveIntegerField()),
                ("own_first", models.PositiveIntegerField(help_text="from here its answer counts")),
                ("own_last", models.PositiveIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("sent", "sent"),
                            ("answered", "answered"),
                            ("refused", "answer refused"),
                            ("in_doubt", "perhaps answered"),
                            ("dropped", "not asked"),
                        ],
                        default="waiting",
                        max_length=12,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("sent_at", models.DateTimeField(null=True)),
                ("input_tokens", models.PositiveIntegerField(null=True)),
                ("output_tokens", models.PositiveIntegerField(null=True)),
                (
                    "is_counted_here",
                    models.BooleanField(
                        default=False,
                        help_text="the server told no tokens, so they are our estimate",
                    ),
                ),
                ("cost_usd", models.DecimalField(decimal_places=6, max_digits=12, null=True)),
                ("reserved_tokens", models.PositiveIntegerField(default=0)),
                ("reserved_usd", models.DecimalField(decimal_places=6, max_digits=12, null=True)),
                ("answer", models.JSONField(null=True)),
                ("error_detail", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "scene",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="curation.boundary",
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parts",
                        to="training.suggestionrequest",
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("request", "number"), name="part_once_per_suggestion_request"
                    )
                ],
            },
        ),
    ]
