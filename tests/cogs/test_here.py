"""Where somebody asks, and what that means for the bot."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from cogs import _here

#: What Discord says of an interaction: the server, whether the bot is on it, and whether it is among people only.
WHERE = {
    "a server that has the bot": ((1, True, False), (1, False)),
    "a server that does not": ((1, False, False), (None, True)),
    "direct messages with the bot": ((None, False, False), (None, False)),
    "other people's direct messages": ((None, False, True), (None, True)),
}


@pytest.mark.parametrize(("said", "means"), WHERE.values(), ids=WHERE.keys())
def test_where_somebody_asks(said: tuple[Any, ...], means: tuple[Any, ...]) -> None:
    guild_id, is_member, is_among_people = said
    interaction = cast(
        "_here.Interaction",
        SimpleNamespace(
            guild_id=guild_id,
            is_guild_integration=lambda: is_member,
            context=SimpleNamespace(private_channel=is_among_people),
        ),
    )
    assert (_here.server(interaction), _here.is_guest(interaction)) == means
