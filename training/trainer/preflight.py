"""What is looked at before a base is loaded: its chat template, the memory and the disk."""

from pathlib import Path

from training.trainer import resources
from training.trainer.encoding import ChatEncoder
from training.trainer.journal import EventLog
from training.trainer.spec import JobSpec
from training.trainer.spread import processes
from training.trainer.template_proof import prove_mask


def require_room(
    job_dir: Path, base: Path, spec: JobSpec, *, longest: int, events: EventLog
) -> None:
    """Compare what a training needs with what is free, and tell both in the job's log.

    Args:
        longest: tokens of the longest record.

    Raises:
        TrainerError: see :func:`training.trainer.resources.require_room`.
    """
    import torch  # noqa: PLC0415

    shape = resources.read_shape(base)
    wanted = resources.needs(
        shape,
        spec.hyperparameters,
        longest=longest,
        on_gpu=torch.cuda.is_available(),
        processes=processes(),
    )
    text = resources.require_room(
        wanted, memory=resources.free_memory(), disk=resources.free_disk(job_dir)
    )
    events.message("room", text, parameters=shape.parameters)


def prove_template(encoder: ChatEncoder, name: str, events: EventLog) -> None:
    """Try the chat template, and tell in the job's log how much of it is learnt.

    Raises:
        TrainerError: see :func:`training.trainer.template_proof.prove_mask`.
    """
    learnt, tokens = prove_mask(encoder, name=name)
    text = (
        f"The chat template was tried: of {tokens} tokens the {learnt} of the replies are learnt, "
        "the end of each among them."
    )
    events.message("template-tried", text)
