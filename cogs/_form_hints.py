"""What stands above the fields of a form: what an input takes, and the words of its author. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from cogs._form import Sheet, some_of
from workflows.scalars import offered
from workflows.texts import Voice
from workflows.values import InputSpec, Kind
from workflows.words import EXAMPLES, plain, shorten

_LIKE = frozenset({Kind.INTEGERS, Kind.NUMBERS, Kind.STRINGS, Kind.LORAS})
_ATTACHED = 50


def of_files(sheet: Sheet, spec: InputSpec, most: int, voice: Voice) -> str:
    """Say how many files an input takes, and what becomes of those that are there."""
    attached = shorten(voice.tell(sheet.shown(spec)), _ATTACHED) if sheet.has_value(spec) else ""
    words = (
        voice("form-up-to", count=most) if most > 1 else "",
        voice("form-empty-keeps", names=attached) if attached else "",
    )
    return _joined(*words, _author(spec))


def of_text(sheet: Sheet, spec: InputSpec, most: int, voice: Voice) -> str:
    """Say what is typed here; `most` are the characters that a form can show."""
    count = len(sheet.text(spec))
    kept = voice("form-long-keeps", count=count, most=most) if count > most else ""
    return _joined(kept, _takes(sheet, spec, voice), _author(spec))


def takes(spec: InputSpec, voice: Voice) -> str:
    """Say what can be typed for an input: its kind, its bounds, and an example where one is needed."""
    return ", ".join(_parts(spec, voice))


def of_offers(spec: InputSpec) -> str:
    """Say what is picked here: one sees what there is."""
    return _author(spec)


def _author(spec: InputSpec) -> str:
    words = spec.description.strip()
    return "" if words.casefold().replace(" ", "_") == spec.name else words


def _takes(sheet: Sheet, spec: InputSpec, voice: Voice) -> str:
    if spec.kind is Kind.STRING:
        return ""
    if spec.is_installed and sheet.models is not None:
        count = len(offered(spec, sheet.models))
        if spec.kind is Kind.LORAS or not count:
            return "" if count else voice("form-none-installed")
        return voice("form-its-name", count=count)
    # The default stands in the field.
    return takes(spec, voice) + "."


def _parts(spec: InputSpec, voice: Voice) -> Iterator[str]:
    some = [label for _, label in spec.choices]
    names = voice.tell(some_of(some)) if some else ""
    if spec.kind is Kind.CHOICE:
        yield voice("form-one-of", names=names)
        return
    low, high = spec.minimum, spec.maximum
    kind = voice(f"form-kind-{spec.kind.value}")
    if low is not None and high is not None:
        yield voice("form-from-to", kind=kind, low=plain(low), high=plain(high))
    else:
        yield kind
        yield from _bounds(spec, voice)
    if spec.is_installed and some:
        yield voice("form-which", names=names)
    if spec.kind in _LIKE:
        yield voice("form-like", example=EXAMPLES[spec.kind])
    if spec.multiple_of and spec.multiple_of != 1:
        yield voice("form-multiple", number=plain(spec.multiple_of))
    if spec.is_seed:
        yield voice("form-drawn")


def _bounds(spec: InputSpec, voice: Voice) -> Iterator[str]:
    if spec.minimum is not None:
        yield voice("form-at-least", number=plain(spec.minimum))
    elif spec.above is not None:
        yield voice("form-more-than", number=plain(spec.above))
    if spec.maximum is not None:
        yield voice("form-at-most", number=plain(spec.maximum))
    elif spec.below is not None:
        yield voice("form-less-than", number=plain(spec.below))


def _joined(*words: str) -> str:
    return " ".join(word for word in words if word)
