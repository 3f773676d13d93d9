from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils import timezone

from curation.access.command_line import dataset_numbered
from rickproject.lib.commands import VerbCommand
from rickproject.lib.csv_text import stream_csv
from rickproject.lib.files import write_whole
from rickproject.lib.numbers import counted
from training.domain.recorded_answers import (
    RecordedAnswer,
    Sampling,
    pair_answers,
    read_answers,
    record_answers,
    summarise_answers,
)
from training.providers.capabilities import OPENAI, OPENAI_ROW
from training.providers.registry import capabilities_here, remote_provider


class Command(VerbCommand):
    help = (
        "Take your fine-tuned models along while they still answer: list those of an account with "
        "their days left, record their replies to held-out prompts, compare with another model."
    )

    def add_verb_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        listing = verbs.add_parser("list", help="an account's fine-tuned models, their last day")
        listing.add_argument("--provider", default=OPENAI, help="openai, or a connection")
        record = verbs.add_parser("record", help="replies to a dataset's held-out prompts")
        record.add_argument("model", help="the name that the provider knows")
        record.add_argument("--provider", default=OPENAI, help="openai, local, or a connection")
        record.add_argument("--dataset", type=int, required=True, help="with a validation split")
        record.add_argument("--out", type=Path, required=True, help="a file; what it has stays")
        record.add_argument("--most", type=int, help="prompts in this run; all without it")
        record.add_argument("--temperature", type=float, default=Sampling.temperature)
        record.add_argument("--max-tokens", type=int, default=Sampling.max_tokens)
        record.add_argument("--seed", type=int, default=Sampling.seed)
        compare = verbs.add_parser("compare", help="two files of recorded replies")
        compare.add_argument("one", type=Path)
        compare.add_argument("other", type=Path)
        compare.add_argument("--out", type=Path, help="a CSV file with both replies side by side")

    def run(self, **options: Any) -> dict[str, Any]:
        match options["verb"]:
            case "list":
                return _list(options["provider"])
            case "record":
                return self._record(options)
            case _:
                return _compare(options["one"], options["other"], options["out"])

    def _record(self, options: dict[str, Any]) -> dict[str, Any]:
        def tell(words: str) -> None:
            if not options["json"]:
                self.stderr.write(words)

        added = record_answers(
            dataset_numbered(options["dataset"]),
            options["out"],
            provider=options["provider"],
            model=options["model"],
            sampling=Sampling(options["temperature"], options["max_tokens"], options["seed"]),
            most=options["most"],
            tell=tell,
        )
        total = len(read_answers(options["out"]))
        return {
            "summary": f"{counted(added, 'reply,replies')} added; {options['out']} has {total}.",
            "added": added,
            "total": total,
        }


def _list(provider: str) -> dict[str, Any]:
    row, today = capabilities_here(provider), timezone.now().date()
    models = []
    for each in remote_provider(provider).fine_tunes():
        base = row.base_model(each.base) or OPENAI_ROW.base_model(each.base)
        closing = each.closing_on or (base.closing_on if base else None)
        days = (closing - today).days if closing else None
        models.append({"model": each.id, "closing_on": closing, "days_left": days})
    models.sort(key=lambda model: (model["days_left"] is None, model["days_left"], model["model"]))
    count = counted(len(models), "fine-tuned model")
    return {
        "summary": f"{row.label} lists {count} of this account.",
        "lines": [f"{model['model']}: {_left(model)}" for model in models],
        "models": models,
    }


def _left(model: dict[str, Any]) -> str:
    if model["closing_on"] is None:
        return "no last day is known"
    if model["days_left"] < 0:
        return f"its last day was {model['closing_on']:%d %B %Y}"
    return f"{counted(model['days_left'], 'day')} left, until {model['closing_on']:%d %B %Y}"


def _compare(one: Path, other: Path, out: Path | None) -> dict[str, Any]:
    pairs = pair_answers(read_answers(one), read_answers(other))
    sides = [summarise_answers([pair[at] for pair in pairs]) for at in range(2)]
    if out:
        write_whole(out, stream_csv(_header(pairs), map(_row, pairs)))
    return {
        "summary": f"{counted(len(pairs), 'prompt')} answered by both.",
        "lines": [
            f"{side.model}: median {side.characters:g} characters, likeness to the real line "
            f"{side.similarity:.2f}, {side.real} word for word the real line, {side.cut} cut off"
            for side in sides
        ],
        "models": [vars(side) for side in sides],
    }


def _header(pairs: list[tuple[RecordedAnswer, RecordedAnswer]]) -> list[str]:
    return ["record", "before it", "real line", pairs[0][0].model, pairs[0][1].model]


def _row(pair: tuple[RecordedAnswer, RecordedAnswer]) -> tuple[str, ...]:
    one, other = pair
    before = one.messages[-1]["content"] if one.messages else ""
    return one.record[:12], before, one.real, one.reply, other.reply
