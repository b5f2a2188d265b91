"""What a Discord client says, in en-US, when it refuses something or waits in vain.

Read in the client's own strings: no answer, a press that failed, options that did not load, what is too long, no
permission to write, a file to attach. Quoted by people who met them: what is required, not valid or too powerful.
All other words are ours, also those for what a client does not even offer.
"""

from __future__ import annotations

MEBIBYTE = 1024 * 1024

REQUIRED = "This option is required. Specify a value."
NOT_VALID = "Not a valid value"
FIELD_REQUIRED = "This field is required"
NO_FILE = "Please attach a file"
MAY_NOT_WRITE = "You do not have permission to send messages in this channel."
EMPTY = "There is nothing to send."

NO_ANSWER = "The application did not respond"
PRESS_FAILED = "This interaction failed"
SUBMIT_FAILED = "Something went wrong. Try again."
NO_SUGGESTIONS = "Loading options failed"
# By the type of the interaction: command, component, autocomplete, modal.
FAILURES = {2: NO_ANSWER, 3: PRESS_FAILED, 4: NO_SUGGESTIONS, 5: SUBMIT_FAILED}

_NOT_VALID = {
    4: "Input a valid integer.",
    5: "Input True or False.",
    6: "Input a valid user.",
    7: "Input a valid channel.",
    8: "Input a valid role.",
    9: "Input a valid user or role.",
    10: "Input a valid number.",
    11: NO_FILE,
    0: "Input a valid choice.",
}


def not_valid(kind: int) -> str:
    """A value that is not of the option's type; 0 stands for one that is not among the choices."""
    return _NOT_VALID.get(kind, NOT_VALID)


def bounds(low: float | None, high: float | None) -> str:
    """A number out of its bounds."""
    low, high = _plain(low), _plain(high)
    if low is not None and high is not None:
        return f"Value must be between {low} and {high}."
    return f"Value must be at least {low}." if high is None else f"Value must be at most {high}."


def _plain(bound: float | None) -> float | None:
    """A whole number stands without its ".0"."""
    return int(bound) if isinstance(bound, float) and bound.is_integer() else bound


def length(low: int | None, high: int | None) -> str:
    """A text that is too short or too long."""
    if low and high and low == high:
        return f"Must be {low} characters in length."
    if low and high:
        return f"Must be between {low} and {high} characters in length."
    return f"Must be {high} or fewer characters in length." if high else f"Must be {low} or more characters in length."


def how_many(low: int, high: int) -> str:
    """Too few or too many choices."""
    if low == high:
        return f"Choose exactly {low}."
    return f"Choose {low} to {high}."


def too_long(size: int, most: int) -> str:
    """A message above the limit."""
    shorter = f"Please make your message of {size} characters shorter."
    return f"Your message is too long. {shorter} We've set the limit at {most} characters to be courteous to others."


def too_many_files(most: int) -> str:
    """More files than one message takes."""
    return f"You can only upload {most} files at a time!"


def too_powerful(limit: int) -> str:
    """A file above what a person may attach."""
    return f"Your files are too powerful! Max file size is {limit / MEBIBYTE:.3g} MB please."
