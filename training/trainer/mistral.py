"""Marked chat templates for bases of Mistral's shape, which TRL has none for.

The versions differ in three spaces only. The one that renders a try-out letter by letter as the
base's own template does is taken; without one the base stays refused.
"""

from itertools import product
from typing import Any

TRY_OUT = [
    {"role": role, "content": text}
    for role, text in (
        ("user", "quartz lamp"),
        ("assistant", "amber fox"),
        ("user", "velvet drum"),
        ("assistant", "copper owl"),
    )
]
SPACES = ("", " ")
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if message['role'] == 'user' %}"
    "{{ '[INST]BEFORE' + message['content'] + 'AFTER[/INST]' }}"
    "{% elif message['role'] == 'assistant' %}"
    "{% generation %}{{ 'GAP' + message['content'] + eos_token }}{% endgeneration %}"
    "{% else %}{{ raise_exception('it takes no system message; leave it out of the recipe') }}"
    "{% endif %}{% endfor %}"
)


def marked_like(tokenizer: Any) -> str | None:
    """Return the marked template that renders as the tokenizer's own does, None without one."""
    own = _rendered(tokenizer, tokenizer.chat_template)
    if own is None or "[INST]" not in own:
        return None
    for before, after, gap in product(SPACES, repeat=3):
        template = TEMPLATE.replace("BEFORE", before).replace("AFTER", after).replace("GAP", gap)
        if _rendered(tokenizer, template) == own:
            return template
    return None


def _rendered(tokenizer: Any, template: str) -> str | None:
    from jinja2 import TemplateError  # noqa: PLC0415

    try:
        return str(tokenizer.apply_chat_template(TRY_OUT, tokenize=False, chat_template=template))
    except TemplateError:
        return None
