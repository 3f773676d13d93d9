"""An episode and a server that suggests, for tests."""

import json
from typing import Any

import pytest

from curation.enums import Role, SegmentationMode, SegmentationState
from curation.models import Episode
from rickproject.config import get_config
from tests.contract.fault_server import KEY, FaultServer
from tests.factories import (
    BoundaryFactory,
    MembershipFactory,
    SegmentationFactory,
    make_scene,
)
from training.domain.suggestion_turns import advance_request
from training.models import SuggestionRequest

MODEL = "house-model"


def use_suggestions(server: FaultServer, monkeypatch: pytest.MonkeyPatch, **values: Any) -> None:
    """Point the operator's settings at a test server."""
    from pydantic import SecretStr

    config = get_config()
    known: dict[str, Any] = {
        "suggestion_url": server.base_url,
        "suggestion_key": SecretStr(KEY),
        "suggestion_model": MODEL,
    }
    for name, value in (known | values).items():
        monkeypatch.setattr(config, name, value)


def make_episode(lines: int = 12) -> Episode:
    """Make an episode without scenes, of a project that cuts together; its creator manages it."""
    scene = make_scene("\n".join(f"{'PIP' if n % 3 else 'VEX'}: line {n}" for n in range(lines)))
    episode = scene.segmentation.episode
    scene.segmentation.delete()
    project = episode.script.project
    project.segmentation_mode = SegmentationMode.SHARED
    project.save()
    MembershipFactory(project=project, user=project.created_by, role=Role.MANAGER)
    return Episode.objects.select_related("script__project").get(pk=episode.pk)


def agreed_episode(*starts: int, lines: int = 12) -> Episode:
    """Make such an episode with agreed scenes that start at 0 and these positions."""
    episode = make_episode(lines)
    layer = SegmentationFactory(episode=episode, state=SegmentationState.IN_PROGRESS)
    for position in (0, *starts):
        utterance = episode.utterances.get(position=position)
        BoundaryFactory(segmentation=layer, utterance=utterance)
    return episode


def says(server: FaultServer, *answers: Any) -> None:
    """Let the server answer with these objects, the last one for ever."""
    texts = [one if isinstance(one, str) else json.dumps(one) for one in answers]
    server.state.replies = texts


def scenes(*lines: int) -> dict[str, Any]:
    """Return an answer that starts scenes at these line numbers."""
    return {"scenes": [{"line": line, "title": f"Scene at {line}"} for line in lines]}


def run(request: SuggestionRequest) -> SuggestionRequest:
    """Take a request as far as it goes now."""
    while advance_request(request):
        request.refresh_from_db()
    request.refresh_from_db()
    return request
