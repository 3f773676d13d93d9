"""The order in which records are learnt: decided by seed and epoch, never by what ran before."""

from collections.abc import Iterator, Sequence
from typing import Any


def make_order(lengths: Sequence[int], *, batch_size: int, seed: int) -> Any:
    """Return a sampler that puts records of about one length together, anew in each epoch.

    The library's own draws the order from the global random state. A trainer that goes on in the
    middle of an epoch has another state there, so it would shuffle the rest of that epoch anew:
    some records twice, some not at all, and other weights at the end.

    Args:
        lengths: tokens of each record.
        seed: together with the epoch, which the trainer sets, it makes the order.
    """
    import torch  # noqa: PLC0415
    from transformers.trainer_pt_utils import LengthGroupedSampler  # noqa: PLC0415

    class Order(LengthGroupedSampler):  # type: ignore[misc, unused-ignore]
        """The same order for the same seed and epoch."""

        epoch = 0

        def set_epoch(self, epoch: int) -> None:
            self.epoch = epoch

        def __iter__(self) -> Iterator[int]:
            self.generator = torch.Generator().manual_seed((seed << 16) + self.epoch)
            yield from super().__iter__()

    return Order(batch_size, lengths=list(lengths))
