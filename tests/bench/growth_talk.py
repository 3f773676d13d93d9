"""What a team says about a tile of B13, the dataset made of it, and the days it took.

Not a bench itself.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

DAYS = 60


def talk(rows: Any) -> None:
    """Open threads on lines and dialogues, some settled; tell people of them."""
    from django.utils import timezone

    from curation.models import Comment, Dialogue, Notification, Thread, Utterance

    lines = Utterance.objects.filter(episode__in=rows.episodes, position__in=(3, 103))
    threads = [
        Thread(project=rows.project, episode_id=line.episode_id, utterance=line, quoted=line.text)
        for line in lines
    ]
    threads += [Thread(project=rows.project, dialogue=one) for one in Dialogue.objects.all()[:100]]
    for n, thread in enumerate(threads):
        thread.opened_by = rows.annotators[n % 6]
        if n % 4:
            thread.resolved_by, thread.resolved_at = rows.reviewer, timezone.now()
    threads = Thread.objects.bulk_create(threads)
    said = Comment.objects.bulk_create(
        Comment(thread=one, author=rows.annotators[n % 6], text="Is that one scene or two?")
        for one in threads
        for n in range(2)
    )
    Notification.objects.bulk_create(
        Notification(
            user=rows.manager,
            project=rows.project,
            kind="replied",
            actor=one.author,
            thread=one.thread,
            comment=one,
            read_at=None if n % 10 == 0 else timezone.now(),
        )
        for n, one in enumerate(said)
    )


def dataset(rows: Any) -> None:
    from curation.enums import DialogueState
    from curation.models import DatasetRecord, DatasetVersion, Dialogue

    approved = list(Dialogue.objects.filter(state=DialogueState.APPROVED).values_list("pk"))
    version = DatasetVersion.objects.create(
        project=rows.project,
        number=1,
        target_character=rows.voices[0],
        state="approved",
        recipe={},
        seed=1,
        train_count=len(approved),
        created_by=rows.manager,
    )
    DatasetRecord.objects.bulk_create(
        DatasetRecord(
            dataset=version,
            position=n,
            split="train",
            dialogue_id=pk,
            dialogue_revision=1,
            line=b'{"messages":[{"role":"user","content":"Hm?"},'
            b'{"role":"assistant","content":"The moon."}]}\n',
            sha256="0" * 64,
            token_count=40,
            message_count=2,
        )
        for n, (pk,) in enumerate(approved)
    )


def spread_days() -> None:
    """Let the work have taken two months."""
    from django.utils import timezone

    from curation.models import Activity, Dialogue, Review

    for model in (Activity, Dialogue, Review):
        keys = list(model.objects.order_by("pk").values_list("pk", flat=True))
        size = -(-len(keys) // DAYS)
        for day in range(DAYS):
            part = keys[day * size : (day + 1) * size]
            if part:
                at = timezone.now() - timedelta(days=DAYS - day, hours=1)
                model.objects.filter(pk__range=(part[0], part[-1])).update(created_at=at)
