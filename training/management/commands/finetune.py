import sys
import time
from argparse import ArgumentParser
from decimal import Decimal
from typing import Any

from django.core.management.base import CommandError

from curation.access import MANAGING
from curation.access.command_line import actor_for, dataset_numbered
from curation.models import Project
from rickproject.lib.commands import VerbCommand
from training.domain.job_turns import advance_job
from training.domain.jobs import start_job
from training.enums import FINAL_JOB_STATES, PERSON_JOB_STATES, JobState, Objective
from training.models import FineTuneJob, ModelVersion
from training.providers.capabilities import LOCAL, SCRIPT_BASE
from training.providers.registry import capabilities_here
from training.queries.jobs import status_sentence

EXIT_CODES = {
    JobState.SUCCEEDED: 0,
    JobState.FAILED: 3,
    JobState.CANCELLED: 4,
    JobState.NEEDS_ATTENTION: 5,
    JobState.AWAITING: 5,
}
PAUSE_SECONDS = 0.5


class Command(VerbCommand):
    help = (
        "Fine-tune a model on an approved dataset version. With --wait it goes on until the job is "
        "over, and takes the turns itself, so that no worker is needed. Exit codes with --wait: "
        "0 trained, 3 failed, 4 cancelled, 5 needs a person."
    )

    def add_verb_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dataset", type=int, required=True, help="as build_dataset printed it"
        )
        parser.add_argument(
            "--provider", default=LOCAL, help="local, openai, or a connection of the admin"
        )
        parser.add_argument("--base", default=SCRIPT_BASE, help="base model")
        parser.add_argument(
            "--objective",
            choices=Objective.values,
            default=Objective.SFT,
            help="what it learns from",
        )
        parser.add_argument("--from-model", help="dpo: a model of this machine to go on from")
        parser.add_argument("--beta", type=float, help="dpo: how closely it keeps to what it was")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--suffix", default="")
        parser.add_argument("--budget", type=Decimal, help="most US dollars it may cost")
        parser.add_argument("--epochs", type=int)
        parser.add_argument("--batch-size", type=int)
        parser.add_argument("--learning-rate", type=float, help="local: absolute")
        parser.add_argument("--learning-rate-multiplier", type=float, help="OpenAI: a factor")
        parser.add_argument("--patience", type=int, help="local: epochs without a better loss")
        parser.add_argument("--key", help="the same key starts the job once, however often")
        parser.add_argument("--as", dest="username", help="who starts it; the project's creator")
        parser.add_argument("--wait", action="store_true", help="until the job is over")

    def run(self, **options: Any) -> dict[str, Any]:
        dataset = dataset_numbered(options["dataset"])
        start = _model_named(dataset.project, options["from_model"])
        job = start_job(
            dataset.project,
            actor=actor_for(dataset.project, options["username"], MANAGING),
            dataset=dataset,
            provider=options["provider"],
            base_model=start.base_model if start else options["base"],
            hyperparameters=_hyperparameters(options),
            objective=Objective(options["objective"]),
            start_model=start,
            seed=options["seed"],
            suffix=options["suffix"],
            budget_usd=options["budget"],
            client_key=options["key"],
        )
        if options["wait"]:
            _wait(job, quiet=options["json"])
        return _answer(job, waited=options["wait"])


def _model_named(project: Project, name: str | None) -> ModelVersion | None:
    if not name:
        return None
    found = ModelVersion.objects.filter(project=project, name=name).first()
    if found is None:
        msg = f"{project.name} has no model {name!r}; the page Models lists them."
        raise CommandError(msg)
    return found


def _hyperparameters(options: dict[str, Any]) -> dict[str, Any]:
    named = {
        "n_epochs": options["epochs"],
        "batch_size": options["batch_size"],
        "learning_rate": options["learning_rate"],
        "learning_rate_multiplier": options["learning_rate_multiplier"],
        "early_stopping_patience": options["patience"],
        "beta": options["beta"],
    }
    return {name: value for name, value in named.items() if value is not None}


def _wait(job: FineTuneJob, *, quiet: bool) -> None:
    said = ""
    while job.state not in FINAL_JOB_STATES | PERSON_JOB_STATES:
        advance_job(job)
        job.refresh_from_db()
        sentence = status_sentence(job)
        if not quiet and sentence != said:
            sys.stderr.write(f"{sentence}\n")
            said = sentence
        time.sleep(PAUSE_SECONDS)


def _answer(job: FineTuneJob, *, waited: bool) -> dict[str, Any]:
    model = ModelVersion.objects.filter(job=job).first()
    answer: dict[str, Any] = {
        "summary": f"Job {job.pk}: {status_sentence(job)}",
        "lines": [],
        "id": job.pk,
        "uuid": str(job.uuid),
        "state": job.state,
        "provider": job.provider,
        "provider_label": capabilities_here(job.provider).label,
        "base_model": job.base_model,
        "model": model.name if model else None,
        "step": job.step,
        "best_step": job.best_step,
        "estimated_tokens": job.estimated_tokens,
        "trained_tokens": job.trained_tokens,
        "estimated_cost_usd": job.estimated_cost_usd,
        "cost_usd": job.cost_usd,
        "error": {"code": job.error_code, "message": job.error_detail} if job.error_code else None,
    }
    if model:
        answer["lines"] = [f'Talk to it: manage.py chat {model.name} "Hello"']
    if waited:
        answer["exit_code"] = EXIT_CODES.get(JobState(job.state), 3)
    else:
        answer["lines"] = [*answer["lines"], "A worker takes it from here ('manage.py up')."]
    return answer
