"""Questions to a language model at the same moment: none above the limit, none sent twice."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, connections

from rickproject.config import get_config
from tests.contract.fault_server import FaultServer
from tests.factories import make_scene
from tests.training.suggestions_world import make_episode, says, scenes, use_suggestions
from training.domain.suggestion_limits import SuggestionLimitError
from training.domain.suggestion_turns import advance_request
from training.domain.suggestions import ask_for_scenes
from training.errors import TrainingError
from training.models import SuggestionRequest

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works: object) -> list[str]:
    start = Barrier(len(works))

    def one(work: object) -> str:
        try:
            start.wait(timeout=30)
            work()  # type: ignore[operator]
        except TrainingError as error:
            return error.code
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(len(works)) as pool:
        return sorted(pool.map(one, works))


def test_two_at_once_cannot_pass_the_limit_together_nor_ask_one_question_twice(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        pytest.skip("an SQLite database in memory has no lock that waits")
    use_suggestions(server, monkeypatch)
    first = make_episode()
    project, actor = first.script.project, first.script.project.created_by
    second = make_scene("A: x\nB: y\nA: z", project=project, episode_number=2)
    monkeypatch.setattr(get_config(), "suggestion_tokens", 6000)
    answers = at_once(
        lambda: ask_for_scenes(first, actor=actor),
        lambda: ask_for_scenes(second.segmentation.episode, actor=actor),
    )
    assert answers == ["done", SuggestionLimitError.code]
    request = SuggestionRequest.objects.get()
    says(server, scenes(2))
    again = [SuggestionRequest.objects.get(pk=request.pk) for _ in range(3)]
    at_once(*(lambda one=one: advance_request(one) for one in again))
    assert server.count("chat") == 1
