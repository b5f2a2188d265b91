import re
from itertools import pairwise

import pytest

from workflows import errors
from workflows.errors import AuthError, BackendError, FamiliarError, InputError, QueueFull, Rejected, UserError

DRAWN = re.compile(r"^([│├└─ ]*)([A-Z][A-Za-z]+)")


def drawn_parents() -> dict[str, str | None]:
    """Each class of the docstring's drawing, and the class that it hangs from."""
    parents: dict[str, str | None] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines()[2:]:
        if found := DRAWN.match(line):
            depth, name = len(found[1]) // 4, found[2]
            path[depth:] = [name]
            parents[name] = path[depth - 1] if depth else None
    return parents


def real_parents() -> dict[str, str | None]:
    classes = [thing for thing in vars(errors).values() if isinstance(thing, type)]
    return {cls.__name__: None if cls is FamiliarError else cls.__bases__[0].__name__ for cls in classes}


def test_the_drawn_tree_is_the_real_one():
    assert drawn_parents() == real_parents()


def test_nothing_shown_as_it_is_is_a_backend_error():
    assert not issubclass(BackendError, UserError)
    assert not issubclass(UserError, BackendError)


@pytest.mark.parametrize("pair", list(pairwise([FamiliarError, BackendError, Rejected, QueueFull])))
def test_a_full_queue_is_caught_by_every_class_above_it(pair: tuple[type[Exception], type[Exception]]):
    assert issubclass(pair[1], pair[0])


def test_every_class_says_what_it_means():
    assert all(getattr(errors, name).__doc__ for name in real_parents())


def test_an_input_error_names_its_input():
    error = InputError("width", "is too wide.")
    assert (str(error), error.name, error.problem) == ("**width**: is too wide.", "width", "is too wide.")


def test_a_refusal_keeps_its_problems_apart_from_its_text():
    error = Rejected("POST /x: 422", (("body.a", "no"),))
    assert (str(error), error.problems, AuthError("x").args) == ("POST /x: 422", (("body.a", "no"),), ("x",))
