"""What the windows' own checks find. No browser is needed for it."""

from __future__ import annotations

import pytest

from tests.browser.window import nameless


@pytest.mark.parametrize(
    ("snapshot", "told"),
    [
        ('- button "Send"', []),
        ("- button", ["- button"]),
        ("  - button [expanded]:", ["- button [expanded]:"]),
        ("- 'button \"Cancel: really\"'", []),
        ('- textbox "Message #pictures": hello', []),
        ("- textbox: hello", ["- textbox: hello"]),
        ('- img "A harbour"\n- img', ["- img"]),
        ("- list:\n  - listitem: button", []),
    ],
)
def test_what_has_no_name_is_found(snapshot: str, told: list[str]):
    assert nameless(snapshot) == told
