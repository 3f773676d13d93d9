"""Dialogues proposed for scenes, and proposals taken up.

What is chosen and why is in ``dialogue_proposals``; here are the script's rows, the dialogues that
people made already, and the tokens of the record as it will be written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from django.contrib.auth.models import User
from django.db import transaction

from curation.domain.dialogue_creation import create_dialogue
from curation.domain.dialogue_edits import DialogueClashError
from curation.domain.dialogue_proposals import (
    ProposedDialogue,
    Uncovered,
    default_cost,
    propose_dialogues,
)
from curation.domain.dialogue_shape import Member, shaped
from curation.domain.dialogue_turns import ProposalSettings, ScriptLine
from curation.domain.training_records import Recipe, spoken_as, system_message
from curation.enums import DialogueState
from curation.errors import CurationError
from curation.models import Boundary, Character, Dialogue, DialogueUtterance, Utterance
from curation.queries.joint_names import joint_names
from curation.queries.scene_lines import (
    agreed_scenes,
    is_spoken_by,
    scene_utterances,
    speaker_name,
)
from rickproject.lib.numbers import counted
from rickproject.lib.tokens import TOKENS_PER_REPLY, count_tokens

DEFAULT_BUDGET = 512
SMALLEST_BUDGET, LARGEST_BUDGET = 32, 128_000
LARGEST_COST = 5.0
TARGET = "target"  # the label under which the target and its other names speak


class BudgetError(CurationError):
    """The budget or the cost is none that proposals can be made with."""

    code = "budget"


@dataclass(frozen=True)
class Wish:
    """What is asked of the proposer.

    Attributes:
        budget: most tokens of a whole record, system message included.
        cost: price of one more dialogue; None for the one that suits the budget.
    """

    target: Character
    budget: int = DEFAULT_BUDGET
    cost: float | None = None
    recipe: Recipe = field(default_factory=Recipe)

    @property
    def price(self) -> float:
        """The cost in use."""
        return default_cost(self.budget) if self.cost is None else self.cost


@dataclass(frozen=True)
class Proposal:
    """One proposed dialogue of a scene.

    Attributes:
        members: from its first row to its last, those left out marked.
        tokens: an upper bound of the record's tokens without the system message.
    """

    members: tuple[Member, ...]
    tokens: int
    weight: float

    @property
    def first(self) -> Utterance:
        """The first row."""
        return self.members[0].utterance

    @property
    def last(self) -> Utterance:
        """The last row, the target character's."""
        return self.members[-1].utterance

    @property
    def dropped(self) -> set[int]:
        """Primary keys of the rows left out."""
        return {member.utterance.pk for member in self.members if member.is_dropped}


@dataclass(frozen=True)
class UncoveredLine:
    """A turn of the target character that no dialogue holds."""

    utterances: tuple[Utterance, ...]
    reason: Uncovered


@dataclass(frozen=True)
class SceneProposals:
    """What is proposed for one scene, and which lines of the target stay uncovered."""

    scene: Boundary
    proposals: tuple[Proposal, ...]
    uncovered: tuple[UncoveredLine, ...]


@dataclass(frozen=True)
class Accepted:
    """What became of the proposals of some scenes."""

    dialogues: tuple[Dialogue, ...]
    uncovered: tuple[UncoveredLine, ...]
    clashes: int

    @property
    def words(self) -> str:
        """What became of them, as pages say it."""
        late = f" {self.clashes} came too late: somebody was faster." if self.clashes else ""
        count = len(self.dialogues)
        return f"{counted(count, 'draft')} made.{late}"


def propose_for_scene(scene: Boundary, wish: Wish) -> SceneProposals:
    """Propose dialogues for the rows of a scene that no live dialogue of the target holds.

    A proposal that somebody removed is not made again with the same rows.

    Raises:
        BudgetError: the budget or the cost is out of range.
        UnknownTokenizerError: the recipe's tokenizer is not installed.
    """
    check_wish(wish)
    utterances = list(scene_utterances(scene))
    held, removed = _intervals(utterances, wish.target)
    opening = system_message(
        wish.recipe,
        character=wish.target.name,
        script=scene.utterance.episode.script.title,
        context_note=scene.note,
    )
    overhead = count_tokens([opening], wish.recipe.tokenizer).total if opening else 0
    settings = ProposalSettings(
        targets=frozenset({TARGET}),
        budget=max(wish.budget - overhead - TOKENS_PER_REPLY, 0),
        cost=wish.price,
    )
    chosen = propose_dialogues(_script_lines(utterances, wish), settings=settings, locked=held)
    proposals = [
        _proposal(utterances, dialogue, wish.target)
        for dialogue in chosen.dialogues
        if (dialogue.first_line, dialogue.last_line) not in removed
    ]
    uncovered = [
        UncoveredLine(tuple(utterances[line] for line in turn.lines), turn.reason)
        for turn in chosen.uncovered
    ]
    return SceneProposals(scene, tuple(proposals), tuple(uncovered))


def propose_for_scenes(scenes: Sequence[Boundary], wish: Wish) -> Iterator[SceneProposals]:
    """Yield the proposals of many scenes; see :func:`propose_for_scene`."""
    for scene in scenes:
        yield propose_for_scene(scene, wish)


def project_scenes(target: Character, *, episode_id: int | None = None) -> list[Boundary]:
    """Return the agreed scenes of the target's project, or of one episode, in order."""
    scenes = agreed_scenes(target.project_id)
    return list(scenes.filter(segmentation__episode=episode_id) if episode_id else scenes)


@transaction.atomic
def accept_proposal(
    proposal: Proposal, *, scene: Boundary, wish: Wish, actor: User, client_key: str = ""
) -> Dialogue:
    """Make a draft of one proposal; ``client_key`` as for :func:`create_dialogue`.

    Raises:
        DialogueClashError: somebody made a dialogue of its rows meanwhile.
        DialogueShapeError: the scenes changed.
    """
    return create_dialogue(
        scene,
        target=wish.target,
        actor=actor,
        first=proposal.first,
        last=proposal.last,
        client_key=client_key,
        dropped=proposal.dropped,
        is_proposed=True,
    )


def accept_proposals(
    scenes: Sequence[Boundary], *, wish: Wish, actor: User, client_key: str = ""
) -> Accepted:
    """Make drafts of all that is proposed for some scenes, a transaction each.

    What somebody else makes meanwhile wins; such proposals are counted as clashes.

    Raises:
        BudgetError, UnknownTokenizerError: as for :func:`propose_for_scene`.
    """
    dialogues: list[Dialogue] = []
    uncovered: list[UncoveredLine] = []
    clashes = 0
    for found in propose_for_scenes(scenes, wish):
        uncovered += found.uncovered
        for proposal in found.proposals:
            try:
                made = accept_proposal(
                    proposal, scene=found.scene, wish=wish, actor=actor, client_key=client_key
                )
                dialogues.append(made)
            except DialogueClashError:
                clashes += 1
    return Accepted(tuple(dialogues), tuple(uncovered), clashes)


def check_wish(wish: Wish) -> None:
    """Refuse a budget or a cost that makes no sense.

    Raises:
        BudgetError: with the range there is.
    """
    if not SMALLEST_BUDGET <= wish.budget <= LARGEST_BUDGET:
        msg = f"A budget is {SMALLEST_BUDGET} to {LARGEST_BUDGET:,} tokens, not {wish.budget:,}."
        raise BudgetError(msg)
    if not 0 <= wish.price <= LARGEST_COST:
        msg = f"The cost of a dialogue is 0 to {LARGEST_COST:g}, not {wish.price:g}."
        raise BudgetError(msg)


def _script_lines(utterances: Sequence[Utterance], wish: Wish) -> list[ScriptLine]:
    """Return the rows as the proposer sees them; tokens are counted as the record has them."""
    lines = []
    contents = []
    joint = joint_names(wish.target.project_id)
    for utterance in utterances:
        is_target = is_spoken_by(utterance, wish.target)
        name = speaker_name(utterance.character, joint)
        contents.append(
            utterance.text if is_target else spoken_as(name, utterance.text, wish.recipe)
        )
        lines.append(
            ScriptLine(
                speaker=TARGET if is_target else f"other {name}",
                text=utterance.text,
                missing_before=utterance.missing_before,
                kind=utterance.kind,
            )
        )
    return [
        replace(line, tokens=tokens)
        for line, tokens in zip(lines, _line_tokens(contents, wish.recipe), strict=True)
    ]


def _line_tokens(contents: Sequence[str], recipe: Recipe) -> list[int]:
    """Count each line as a message of its own, less the three of a message that turns add."""
    messages = [{"role": "user", "content": content} for content in contents]
    counted = count_tokens(messages, recipe.tokenizer)
    return [max(tokens - TOKENS_PER_REPLY, 1) for tokens in counted.per_message]


def _intervals(
    utterances: Sequence[Utterance], target: Character
) -> tuple[list[tuple[int, int]], set[tuple[int, int]]]:
    """Return the rows (first, last) of live dialogues, and those of removed proposals."""
    index = {utterance.pk: number for number, utterance in enumerate(utterances)}
    rows = DialogueUtterance.objects.filter(
        utterance__in=index, dialogue__target_character=target
    ).values_list("dialogue_id", "utterance_id", "dialogue__state", "dialogue__is_proposed")
    spans: dict[int, list[int]] = {}
    facts: dict[int, tuple[str, bool]] = {}
    for dialogue, utterance, state, is_proposed in rows:
        spans.setdefault(dialogue, []).append(index[utterance])
        facts[dialogue] = (state, is_proposed)
    held, removed = [], set()
    for dialogue, numbers in spans.items():
        state, is_proposed = facts[dialogue]
        span = (min(numbers), max(numbers))
        if state != DialogueState.REMOVED:
            held.append(span)
        elif is_proposed:
            removed.add(span)
    return held, removed


def _proposal(
    utterances: Sequence[Utterance], dialogue: ProposedDialogue, target: Character
) -> Proposal:
    kept = set(dialogue.lines)
    members = [
        Member(utterances[line], is_dropped=line not in kept)
        for line in range(dialogue.first_line, dialogue.last_line + 1)
    ]
    return Proposal(tuple(shaped(members, target)), dialogue.tokens, dialogue.weight)
