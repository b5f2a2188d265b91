"""Prompt templates: `{a|b}`, also one in another, and nothing else of the language that the real server knows."""

import re
from itertools import islice, product
from random import Random

_INNERMOST = re.compile(r"\{([^{}]*)\}")


class TemplateError(ValueError):
    """A brace has no partner."""


def expanded(prompt: str, most: int, *, combinatorial: bool, seed: int | None = None) -> list[str]:
    """All prompts in order without repeats, up to `most`; or `most` of them by chance. Raises TemplateError."""
    if prompt.count("{") > prompt.count("}"):
        place = prompt.index("{")
        raise TemplateError(f"Expected end of text, found '{{'  (at char {place}), (line:1, col:{place + 1})")
    if not combinatorial:
        random = Random(seed)  # noqa: S311 - the same seed gives the same prompts
        return [_chosen(prompt, random) for _ in range(most)]
    return list(islice(dict.fromkeys(_all(prompt)), most))


def _all(prompt: str) -> list[str]:
    parts = _INNERMOST.split(prompt)
    if len(parts) == 1:
        return parts
    choices = [part.split("|") if place % 2 else [part] for place, part in enumerate(parts)]
    # A group in another one leaves alternatives of the outer one, which are opened in the next round.
    return [whole for chosen in product(*choices) for whole in _all("".join(chosen))]


def _chosen(prompt: str, random: Random) -> str:
    while found := _INNERMOST.search(prompt):
        prompt = prompt[: found.start()] + random.choice(found[1].split("|")) + prompt[found.end() :]
    return prompt
