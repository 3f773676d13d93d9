"""Train a small Llama-shaped model from nothing on the windows of a script.

A loop of its own instead of a trainer class: 1M parameters are dominated by what surrounds the
arithmetic. All randomness comes from (seed, epoch), and the state is kept after every epoch, so
a killed process goes on where it was and ends with the same weights.
"""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.trainer.encoding import ChatEncoder
from training.trainer.records import ScriptLine
from training.trainer.spec import MODEL_SIZES, BaseSpec
from training.trainer.tokenizer import train_tokenizer
from training.trainer.windows import script_windows

CONTEXT = 1024
BATCH = 8
MUON_RATE, MUON_DECAY = 0.02, 0.05  # matrices inside the layers
ADAM_RATE, ADAM_DECAY = 4e-3, 0.0  # embeddings and norms
INITIAL_SPREAD = 0.06  # about 0.7 / sqrt(128); transformers' 0.02 is made for wide models
DROPOUT = 0.15  # a script is small: without it the base learns it by heart and little else
SPLIT, SHORTEST_SPLIT = 0.08, 3  # share of the words, in characters
WARMUP = 0.05
CLIP = 1.0
# Epochs x lines of the demo script; more lines need fewer epochs to be learnt as well.
LINE_PASSES = 10_000
FEWEST_EPOCHS, MOST_EPOCHS = 3, 12

Report = Callable[[float, float], None]
EpochReport = Callable[[int, float], None]


@dataclass(frozen=True)
class Trained:
    """What came out: a model, its tokenizer, the mean loss per epoch, the longest example."""

    model: Any
    tokenizer: Any
    losses: list[float]
    longest: int
    tokens: int


def epochs_for(base: BaseSpec, lines: int) -> int:
    """Return how many epochs a script of so many lines gets; fixed, never stopped early.

    With dropout the held-out loss stays level while more of the script is learnt (see
    docs/explanation/local-training.md).
    """
    if base.base_epochs is not None:
        return base.base_epochs
    return max(FEWEST_EPOCHS, min(MOST_EPOCHS, round(LINE_PASSES / max(lines, 1))))


def tokenizer_texts(lines: Sequence[ScriptLine], base: BaseSpec) -> list[str]:
    """Return all the text the tokenizer may see: nothing held out is among it."""
    speakers = dict.fromkeys(line.speaker for line in lines)
    texts = [base.spoken_as(line.speaker, line.text) for line in lines]
    texts += [base.system_message(speaker) for speaker in speakers]
    return [*texts, *(["system\n", "user\n", "assistant\n"] * 2)]


def pretrain(
    lines: Sequence[ScriptLine],
    *,
    base: BaseSpec,
    seed: int,
    state_file: Path,
    on_step: Report,
    on_epoch: EpochReport,
) -> Trained:
    """Train tokenizer and model.

    Args:
        state_file: where the state after each epoch is kept; read again when it is there.
        on_step: called with the share done (0 to 1) and the last loss; may raise to stop.
        on_epoch: called with the number of epochs done and their last mean loss.
    """
    import torch  # noqa: PLC0415

    tokenizer = train_tokenizer(tokenizer_texts(lines, base), context_length=CONTEXT)
    encoder = ChatEncoder(tokenizer)
    torch.manual_seed(seed)
    model = new_model(tokenizer, size=base.size)
    add_dropout(model, DROPOUT)
    optimizers = new_optimizers(model)
    epochs = epochs_for(base, len(lines))
    state = _load_state(state_file)
    if state["epoch"]:
        model.load_state_dict(state["model"])
        for optimizer, kept in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(kept)
    for epoch in range(state["epoch"], epochs):
        batches = _batches(lines, encoder, base=base, seed=seed, epoch=epoch)
        torch.manual_seed((seed << 16) + epoch)
        mean = _run_epoch(model, optimizers, batches, epoch=epoch, epochs=epochs, on_step=on_step)
        state["losses"].append(mean)
        state["longest"] = max(state["longest"], *(len(row) for rows in batches for row in rows))
        state["tokens"] += sum(len(row) for rows in batches for row in rows)
        state.update(
            epoch=epoch + 1,
            model=model.state_dict(),
            optimizers=[optimizer.state_dict() for optimizer in optimizers],
        )
        _save_state(state, state_file)
        on_epoch(epoch + 1, mean)
    return Trained(model, tokenizer, state["losses"], state["longest"], state["tokens"])


def new_model(tokenizer: Any, *, size: str) -> Any:
    """Return an untrained Llama-shaped model of the named size."""
    from transformers import LlamaConfig, LlamaForCausalLM  # noqa: PLC0415

    layers, width, heads = MODEL_SIZES[size]
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=8 * math.ceil(width / 3),
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=heads,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        initializer_range=INITIAL_SPREAD,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return LlamaForCausalLM(config)


def add_dropout(model: Any, share: float) -> None:
    """Drop a share of what the embedding and each half of a layer add, while it trains.

    The architecture has no dropout of its own. The hooks are no part of what is saved.
    """
    import torch  # noqa: PLC0415

    def drop(module: Any, _inputs: Any, output: Any) -> Any:
        return torch.nn.functional.dropout(output, share, training=module.training)

    places = [model.model.embed_tokens]
    for layer in model.model.layers:
        places += [layer.self_attn.o_proj, layer.mlp.down_proj]
    for place in places:
        place.register_forward_hook(drop)


def new_optimizers(model: Any) -> list[Any]:
    """Return Muon for the matrices inside the layers and AdamW for the rest.

    On a script of 1,000 lines Muon reaches after 5 epochs the loss that AdamW alone needs about
    10 for, at a fifth more time per epoch.

    Source: Jordan et al. (2024), Muon: an optimizer for hidden layers in neural networks.
    """
    import torch  # noqa: PLC0415

    inside = [weight for weight in model.model.layers.parameters() if weight.ndim == 2]
    known = {id(weight) for weight in inside}
    others = [weight for weight in model.parameters() if id(weight) not in known]
    muon = torch.optim.Muon(inside, lr=MUON_RATE, weight_decay=MUON_DECAY)
    adam = torch.optim.AdamW(others, lr=ADAM_RATE, betas=(0.9, 0.95), weight_decay=ADAM_DECAY)
    for optimizer in (muon, adam):
        for group in optimizer.param_groups:
            group["full_lr"] = group["lr"]
    return [muon, adam]


def _batches(
    lines: Sequence[ScriptLine], encoder: ChatEncoder, *, base: BaseSpec, seed: int, epoch: int
) -> list[list[list[int]]]:
    """Rows of about one length together: less padding, the same rows."""
    windows = script_windows(lines, base=base, seed=seed, epoch=epoch)
    rows = [encoder.encode_messages(item, where="a window").input_ids for item in windows]
    chance = random.Random(f"{seed}:{epoch}:order")  # noqa: S311
    rows = [split_some(row, encoder.tokenizer, chance)[:CONTEXT] for row in rows]
    chance.shuffle(rows)
    pool = BATCH * 16
    ordered: list[list[int]] = []
    for start in range(0, len(rows), pool):
        ordered += sorted(rows[start : start + pool], key=len)
    batches = [ordered[start : start + BATCH] for start in range(0, len(ordered), BATCH)]
    chance.shuffle(batches)
    return batches


def split_some(row: Sequence[int], tokenizer: Any, chance: random.Random) -> list[int]:
    """Return a row in which some words are spelled in two parts.

    Nearly every word of the script is one piece, so the parts, of which a new word is made, would
    never be learnt; and what is never learnt is thought impossible.

    Source: Provilkov et al. (2020), BPE-Dropout; here a cut at one place instead of skipped merges.
    """
    model = tokenizer.backend_tokenizer.model
    special = set(tokenizer.all_special_ids) | set(tokenizer.added_tokens_decoder)
    tokens: list[int] = []
    for token in row:
        text = "" if token in special else tokenizer.convert_ids_to_tokens(token)
        if len(text) < SHORTEST_SPLIT or chance.random() >= SPLIT:
            tokens.append(token)
            continue
        place = chance.randrange(1, len(text))
        for part in (text[:place], text[place:]):
            tokens += [piece.id for piece in model.tokenize(part)]
    return tokens


def _run_epoch(
    model: Any,
    optimizers: list[Any],
    batches: list[list[list[int]]],
    *,
    epoch: int,
    epochs: int,
    on_step: Report,
) -> float:
    import torch  # noqa: PLC0415

    total, count = 0.0, 0
    for index, rows in enumerate(batches):
        done = (epoch + index / len(batches)) / epochs
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["full_lr"] * _schedule(done)
        loss = _loss(model, rows)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        value = float(loss.detach())
        tokens = sum(len(row) - 1 for row in rows)
        total, count = total + value * tokens, count + tokens
        on_step(done, value)
    return total / max(count, 1)


def _schedule(done: float) -> float:
    if done < WARMUP:
        return max(done / WARMUP, 0.02)
    return 0.5 * (1 + math.cos(math.pi * (done - WARMUP) / (1 - WARMUP)))


def _loss(model: Any, rows: list[list[int]]) -> Any:
    import torch  # noqa: PLC0415

    width = max(len(row) for row in rows)
    # Padding stands behind the text, where a causal model never looks, so no mask is needed.
    inputs = torch.tensor([row + [0] * (width - len(row)) for row in rows])
    labels = torch.tensor([row + [-100] * (width - len(row)) for row in rows])
    logits = model(input_ids=inputs[:, :-1], use_cache=False).logits
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels[:, 1:].flatten())


def _save_state(state: dict[str, Any], path: Path) -> None:
    import torch  # noqa: PLC0415

    beside = path.with_suffix(".tmp")
    torch.save(state, beside)
    beside.replace(path)


def _load_state(path: Path) -> dict[str, Any]:
    import torch  # noqa: PLC0415

    fresh: dict[str, Any] = {"epoch": 0, "losses": [], "longest": 0, "tokens": 0}
    if not path.exists():
        return fresh
    return dict(torch.load(path, weights_only=True))
