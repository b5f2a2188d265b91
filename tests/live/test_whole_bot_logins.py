"""InvokeAI in multi-user mode: the bot is an account without rights over others, on REST and on the events."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.doctor import examine
from tests.live.atelier import BUNDLED, FIXTURES, Atelier, changed, furnished, percentages, results, text
from tests.live.pictures import board, encoded, roughness
from tests.live.server import InvokeServer

PNG = ("board.png", encoded(board()))
PASSWORD = "INVOKEAI_PASSWORD"


@pytest.fixture
async def atelier(multiuser_invokeai: InvokeServer, tmp_path: Path) -> AsyncIterator[Atelier]:
    server, account = multiuser_invokeai, multiuser_invokeai.accounts["member"]
    assert server.process
    before = server.process.on_disk()
    login: dict[str, Any] = {"username": account.email, "password_env": PASSWORD}
    secrets = {PASSWORD: account.password}
    async with furnished(tmp_path, server.url, secrets, pace=0.5, **login) as atelier, atelier.bot():
        yield atelier
    assert server.process.on_disk() == before


async def test_a_picture_is_made_by_an_account_that_is_no_admin(atelier: Atelier) -> None:
    await atelier.publish(BUNDLED / "blur.json")
    made = results(await atelier.run("blur", {"picture": PNG}))
    assert roughness(made[0]) < roughness(board()) / 3


async def test_its_events_arrive(atelier: Atelier) -> None:
    """Percentages come by Socket.IO alone."""
    await atelier.publish(changed(FIXTURES / "slow.json", limits={("denoise_latents", "steps"): {"max": 900}}))
    card = await atelier.start("long-exposure", {"steps": 900})
    await atelier.denoises(card)
    await atelier.shows(card, lambda: len(set(percentages(card))) > 1)
    await atelier.member.press(card, "Cancel")
    await atelier.ended(card)
    assert "🛑 Cancelled." in text(card)


async def test_a_failed_run_of_this_account_leaves_nothing(atelier: Atelier) -> None:
    await atelier.publish(FIXTURES / "failing.json")
    card = await atelier.run("division-of-labour", {"photo": PNG, "divide_by": 0})
    assert "division by zero" in text(card)


@pytest.mark.parametrize(
    ("login", "secrets", "advice"),
    [
        ({}, {}, "Set username and password_env"),
        ({"username": "nobody@example.com", "password_env": PASSWORD}, {PASSWORD: "x" * 12}, "Check username and"),
        ({"username": "familiar@example.com", "password_env": PASSWORD}, {PASSWORD: "wrong"}, "Check username and"),
    ],
    ids=["none", "unknown", "wrong"],
)
async def test_the_doctor_tells_of_a_login_that_does_not_work(
    login: dict[str, Any], secrets: dict[str, str], advice: str, multiuser_invokeai: InvokeServer, tmp_path: Path
) -> None:
    async with furnished(tmp_path, multiuser_invokeai.url, secrets, **login) as atelier:
        found = [one async for one in examine(atelier.config, atelier.environment, quick=False)]
        (about,) = [one for one in found if one.subject == "backend main"]
        assert not about.ok
        assert "wants a login" in about.text
        assert advice in about.text
        assert "wrong" not in about.text


async def test_the_doctor_finds_everything_well(multiuser_invokeai: InvokeServer, tmp_path: Path) -> None:
    account = multiuser_invokeai.accounts["member"]
    login: dict[str, Any] = {"username": account.email, "password_env": PASSWORD}
    async with furnished(tmp_path, multiuser_invokeai.url, {PASSWORD: account.password}, **login) as atelier:
        found = [one async for one in examine(atelier.config, atelier.environment, quick=False)]
        assert [one for one in found if not one.ok] == []
        assert any("events come" in one.text for one in found)
