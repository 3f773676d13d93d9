from django.contrib.auth.models import User

from curation.domain import imports
from curation.domain.scene_suggestions import accept_suggestions, run_speaker_model
from curation.domain.segmentation import ensure_agreed_layer, ensure_layer
from curation.domain.suggestion_scores import score_suggestions
from curation.enums import BoundaryOrigin, ScriptState, Suggester
from curation.models import Boundary, Episode, Project, Script
from curation.queries.scenes import open_suggestions

FOUNTAIN = b"""INT. KITCHEN

PIP
Who moved the moon?

VEX
Not me.

EXT. ROOF

MARLOW
Here it is.

ODA
At last.
"""


def brought_in(
    project: Project, user: User, *, name: str, content: bytes, replaces: Script | None = None
) -> Script:
    script = imports.receive_script(
        project,
        user=user,
        file_name=name,
        content=[content],
        replaces=replaces,
        in_background=False,
    )
    imports.check_script(script.pk)
    imports.confirm_import(script, user=user, in_background=False)
    imports.import_script(script.pk)
    script.refresh_from_db()
    assert script.state == ScriptState.IMPORTED, script.error_detail
    return script


def test_scenes_of_the_source_are_suggested_and_accepted_with_their_headings(
    project: Project, manager: User
) -> None:
    script = brought_in(project, manager, name="a.fountain", content=FOUNTAIN)
    episode = Episode.objects.get(script=script)
    layer = ensure_agreed_layer(episode)
    run_speaker_model(episode, actor=manager)
    offered = [one for one in open_suggestions(episode) if one.run.suggester == Suggester.SOURCE]
    assert [(one.utterance.position, one.title) for one in offered] == [(3, "EXT. ROOF")]
    accept_suggestions(episode, suggestions=offered, revision=layer.revision, actor=manager)
    scenes = Boundary.objects.filter(segmentation=layer).values_list(
        "utterance__position", "origin", "title"
    )
    assert list(scenes) == [
        (0, BoundaryOrigin.START, "INT. KITCHEN"),
        (3, BoundaryOrigin.SOURCE, "EXT. ROOF"),
    ]
    score = score_suggestions(episode, spoken=[1, 2, 4, 5], starts=[0, 3])
    assert score.accepted == 1


def test_a_run_of_the_model_leaves_the_source_s_suggestions(
    project: Project, manager: User
) -> None:
    script = brought_in(project, manager, name="a.fountain", content=FOUNTAIN)
    episode = Episode.objects.get(script=script)
    for _ in range(2):
        run_speaker_model(episode, actor=manager)
        offered = {one.utterance.position: one.run.suggester for one in open_suggestions(episode)}
        assert offered[3] == Suggester.SOURCE
        positions = [one.utterance.position for one in open_suggestions(episode)]
        assert positions == sorted(set(positions))


def test_a_script_without_scenes_has_no_run_of_the_source(project: Project, manager: User) -> None:
    content = b"name,line\nVEX,Hello.\nPIP,Bye.\n"
    script = imports.receive_script(
        project,
        user=manager,
        file_name="a.csv",
        content=[content],
        mapping={"speaker": "name", "text": "line"},
        in_background=False,
    )
    imports.check_script(script.pk)
    imports.confirm_import(script, user=manager, in_background=False)
    imports.import_script(script.pk)
    assert open_suggestions(Episode.objects.get(script=script)) == []


def test_a_corrected_script_suggests_its_own_scenes_and_keeps_what_people_decided(
    project: Project, manager: User
) -> None:
    first = brought_in(project, manager, name="a.fountain", content=FOUNTAIN)
    episode = Episode.objects.get(script=first)
    layer = ensure_agreed_layer(episode)
    blind = ensure_layer(episode, annotator=manager)
    accept_suggestions(
        episode, suggestions=open_suggestions(episode), revision=layer.revision, actor=manager
    )
    longer = FOUNTAIN + b"\nINT. CELLAR\n\nPIP\nBack again.\n"
    second = brought_in(project, manager, name="b.fountain", content=longer, replaces=first)
    now = Episode.objects.get(script=second)
    assert now == episode
    assert [one.title for one in open_suggestions(now)] == ["INT. CELLAR"]
    offered = open_suggestions(now, annotator=blind.annotator)
    assert [one.title for one in offered] == ["EXT. ROOF", "INT. CELLAR"]
    starts = Boundary.objects.filter(segmentation=layer).values_list("utterance__position", "title")
    assert list(starts) == [(0, "INT. KITCHEN"), (3, "EXT. ROOF")]
