"""Every error that Familiar raises on purpose.

FamiliarError
├── UserError              its text is shown as it is: it names the input and says what to do
│   ├── DocumentError      the uploaded file is not a workflow that can run
│   └── InputError         a value does not fit its input
└── BackendError           ours to mend; logged whole, never shown
    ├── Unavailable        no answer, or "not now": the same call may work later
    │   ├── Broken         it answered 500: it may never be able to
    │   └── Unfetched      a file that a member attached cannot be had from where it is
    ├── AuthError          the backend wants a login, or refuses ours
    │   └── Forbidden      what was asked for is another user's
    ├── NotFound           what was asked for is not there (any more)
    └── Rejected           the backend understood and refused
        ├── QueueFull      it has no room for the batch at the moment
        └── Oversized      a file has more bytes than can be used
"""

from workflows.texts import say


class FamiliarError(Exception):
    """Base class: useful to tell our own errors from everything else."""


class UserError(FamiliarError):
    """Raise to show the text, as it is, to the person who asked."""

    @property
    def text(self) -> str:
        """What to show; where it is a workflows.texts.Text, it can be said in the reader's language."""
        return self.args[0] if self.args else ""


class DocumentError(UserError):
    """The uploaded file is not a workflow that can run."""


class InputError(UserError):
    """A value does not fit its input; the text names the input."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(say("input-wrong", name=name, problem=problem))
        self.name = name
        self.problem = problem


class BackendError(FamiliarError):
    """Something between us and InvokeAI went wrong."""


class Unavailable(BackendError):
    """No answer, or "not now": the same call may work later."""


class Broken(Unavailable):
    """It answered 500: it cannot do that now, and may never be able to."""


class Unfetched(Unavailable):
    """A file that a member attached cannot be had from where it is; no backend is to blame."""


class AuthError(BackendError):
    """The backend wants a login, or refuses ours."""


class Forbidden(AuthError):
    """What was asked for is another user's."""


class NotFound(BackendError):
    """What was asked for is not there (any more)."""


class Rejected(BackendError):
    """The backend understood and refused.

    `problems` holds (location, message) pairs where the backend gave them, without the echoed input.
    """

    def __init__(self, message: str, problems: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems


class Oversized(Rejected):
    """A file has more bytes than can be used: `size`, or more where the backend does not tell."""

    def __init__(self, message: str, size: int) -> None:
        super().__init__(message)
        self.size = size


class QueueFull(Rejected):
    """The backend has no room for the batch at the moment."""
