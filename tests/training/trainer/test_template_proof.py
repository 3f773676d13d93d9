"""Chat templates of the usual families: only replies are learnt, and how they end."""

from pathlib import Path

import pytest

from training.trainer.encoding import IGNORED, ChatEncoder
from training.trainer.errors import TrainerError
from training.trainer.records import Message

pytestmark = pytest.mark.torch
trl = pytest.importorskip("trl")

TEMPLATES = Path(trl.__file__).parent / "chat_templates"
# TRL's name of a family's own template, its end of turn, the other control tokens of the family
FAMILIES = (
    ("qwen2_5", "<|im_end|>", ("<|im_start|>", "<|endoftext|>")),
    ("qwen3", "<|im_end|>", ("<|im_start|>", "<|endoftext|>")),
    ("llama3", "<|eot_id|>", ("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>")),
    ("gemma", "<end_of_turn>", ("<bos>", "<start_of_turn>")),
    ("gemma3", "<end_of_turn>", ("<bos>", "<start_of_turn>")),
    ("phi3", "<|end|>", ("<|user|>", "<|assistant|>", "<|system|>", "<|endoftext|>")),
)
MISTRAL = (
    "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'assistant' %}"
    "{% generation %}{{ ' ' + m['content'] + eos_token }}{% endgeneration %}"
    "{% else %}{{ '[INST] ' + m['content'] + ' [/INST]' }}{% endif %}{% endfor %}"
)


def tokenizer(template: str, *, end: str, controls: tuple[str, ...]):
    """Make a byte-level tokenizer with the control tokens of a family."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    inner = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(alphabet)}, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    made = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        eos_token=end,
        bos_token=controls[0],
        additional_special_tokens=list(controls[1:]),
    )
    made.chat_template = template
    return made


def prove(made, *, template: str | None = None) -> tuple[int, int]:
    from training.trainer.template_proof import prove_mask
    from training.trainer.tokenizer import training_template

    chosen = template or training_template(made, name="the base")
    return prove_mask(ChatEncoder(made, template=chosen), name="the base")


@pytest.mark.parametrize(("family", "end", "controls"), FAMILIES)
def test_families_learn_the_replies_and_their_end_only(
    family: str, end: str, controls: tuple[str, ...]
) -> None:
    from training.trainer.tokenizer import training_template

    template = (TEMPLATES / f"{family}.jinja").read_text()
    made = tokenizer(template, end=end, controls=controls)
    learnt, tokens = prove(made)
    assert 0 < learnt < tokens
    encoder = ChatEncoder(made, template=training_template(made, name=family))
    asked = [Message("user", "Who stole the kettle?", trained=False)]
    said = Message("assistant", "Nobody. It walked.", trained=True)
    example = encoder.encode_messages([*asked, said], where="a chat")
    taught = made.decode([label for label in example.labels if label != IGNORED])
    assert "Nobody. It walked." in taught
    assert end in taught
    assert "kettle" not in taught
    # What the model is asked to go on from in the chat is what it has learnt to go on from.
    prompt = encoder.encode_prompt(asked)
    assert example.input_ids[: len(prompt)] == prompt


def test_mistral_with_marks_learns_the_replies() -> None:
    made = tokenizer(MISTRAL, end="</s>", controls=("<s>",))
    assert prove(made) == (23, 76)


# Shapes of Mistral 7B Instruct 0.2 and 0.3: no marks, and the spaces elsewhere.
UNMARKED = (
    (
        "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}"
        "{{ '[INST] ' + m['content'] + ' [/INST]' }}{% elif m['role'] == 'assistant' %}"
        "{{ m['content'] + eos_token }}{% endif %}{% endfor %}"
    ),
    (
        "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}"
        "{{ '[INST] ' + m['content'] + '[/INST]' }}{% elif m['role'] == 'assistant' %}"
        "{{ ' ' + m['content'] + eos_token }}{% endif %}{% endfor %}"
    ),
)


@pytest.mark.parametrize("template", UNMARKED)
def test_mistral_without_marks_is_marked_and_renders_the_same(template: str) -> None:
    from training.trainer.tokenizer import training_template

    made = tokenizer(template, end="</s>", controls=("<s>",))
    assert prove(made)[0] > 0
    chat = [Message("user", "Who?", trained=False), Message("assistant", "I.", trained=True)]
    marked = ChatEncoder(made, template=training_template(made, name="the base"))
    example = marked.encode_messages(chat, where="a chat")
    assert made.decode(example.input_ids) == made.apply_chat_template(
        [{"role": m.role, "content": m.content} for m in chat], tokenize=False
    )
    with pytest.raises(TrainerError, match="leave it out of the recipe"):
        marked.encode_messages([Message("system", "You are Odo.", trained=False)], where="a chat")


BROKEN = {
    "template_never_stops": MISTRAL.replace(
        "+ eos_token }}{% endgeneration %}", "}}{% endgeneration %}{{ eos_token }}"
    ),
    "template_unmarked": MISTRAL.replace("{% generation %}", "")
    .replace("{% endgeneration %}", "")
    .replace("INST", "ASK"),
}


@pytest.mark.parametrize("code", ["template_never_stops", "template_unmarked"])
def test_a_template_that_teaches_wrongly_is_refused_by_name(code: str) -> None:
    made = tokenizer(BROKEN[code], end="</s>", controls=("<s>",))
    with pytest.raises(TrainerError, match="the base") as caught:
        prove(made)
    assert caught.value.code == code
    with pytest.raises(TrainerError) as again:
        prove(made, template=BROKEN[code])  # our own proof, without TRL's opinion
    assert again.value.code == code
