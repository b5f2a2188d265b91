"""Trouble that InvokeAI has or makes: killed under everything, paused, too full, a login revoked, a model removed."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.live.atelier import BUNDLED, FIXTURES, Atelier, changed, furnished, results, text
from tests.live.conftest import Leftovers
from tests.live.install import Installation, tiny_model
from tests.live.moments import DELETE_IMAGES, ENQUEUE, FETCH, UPLOAD, House, housed
from tests.live.pictures import board, encoded
from tests.live.server import InvokeServer

PNG = ("board.png", encoded(board()))
PASSWORD = "INVOKEAI_PASSWORD"
OTHER_PASSWORD = "Another-cat-in-a-box-3"
PAUSE = "/api/v1/queue/default/processor/pause"
RESUME = "/api/v1/queue/default/processor/resume"


async def ask(server: InvokeServer, method: str, path: str, **options: Any) -> Any:
    return await asyncio.to_thread(server.request, method, path, **options)


@pytest.fixture
async def atelier(leftovers: Leftovers, tmp_path: Path) -> AsyncIterator[Atelier]:
    async with furnished(tmp_path, leftovers.server.url, pace=0.5) as atelier:
        yield atelier


@pytest.fixture
async def house(leftovers: Leftovers, tmp_path: Path) -> AsyncIterator[House]:
    async with housed(tmp_path, leftovers.server, max_in_flight=8) as house:
        yield house


@pytest.fixture
async def locked_house(multiuser_invokeai: InvokeServer, tmp_path: Path) -> AsyncIterator[House]:
    """With a login, and more turns than InvokeAI's queue has room."""
    server, account = multiuser_invokeai, multiuser_invokeai.accounts["member"]
    assert server.process
    before = server.process.on_disk()
    login = {"username": account.email, "password_env": PASSWORD}
    secrets = {PASSWORD: account.password}
    async with housed(tmp_path, server, secrets, max_in_flight=5, **login) as house, house.atelier.bot():
        yield house
    assert server.process.on_disk() == before


async def test_invokeai_is_killed_under_jobs_in_every_state(house: House, restartable_invokeai: InvokeServer) -> None:
    """At each effect of theirs one had not begun it, and one had done it and did not hear of it any more."""
    process, atelier = restartable_invokeai.process, house.atelier
    assert process
    moments = [one for moment in (DELETE_IMAGES, FETCH, ENQUEUE, UPLOAD) for one in (moment, moment.after)]
    async with atelier.bot():
        await atelier.publish(BUNDLED / "blur.json")
        cards, held = [], []
        for moment, who in zip(moments, [atelier.admin, atelier.member] * 4, strict=True):
            held.append(house.hold(moment))
            cards.append(await atelier.start("blur", {"picture": PNG}, who))
            await house.comes(held[-1], moment)
        await asyncio.to_thread(process.stop, kill=True)
        for one in held:
            one.lose()
        await asyncio.to_thread(process.start)
        for card in cards:
            await atelier.ended(card, timeout=60)
            assert len(results(card)) == 1
        await atelier.cleaned(timeout=60)
    assert atelier.channel.messages == cards
    found = atelier.ask("SELECT attempt, outcome FROM jobs")
    assert {outcome for _, outcome in found} == {"completed"}
    # Only what ran while it was killed may have been enqueued once more.
    assert sum(attempt for attempt, _ in found) == len(house.enqueued) <= len(cards) + 1


@pytest.mark.usefixtures("tiny_sd15")
async def test_the_queue_is_paused_while_jobs_wait(atelier: Atelier, restartable_invokeai: InvokeServer) -> None:
    """What runs ends; what waits does so, and says why, also after a restart of the bot, until somebody resumes it."""
    server = restartable_invokeai
    try:
        async with atelier.bot_process() as process:
            await atelier.publish(FIXTURES / "slow.json")
            await atelier.publish(BUNDLED / "blur.json")
            running = await atelier.start("long-exposure", {"steps": 60})
            await atelier.denoises(running)
            waiting = [await atelier.start("blur", {"picture": PNG}) for _ in range(2)]
            await ask(server, "PUT", PAUSE)
            await atelier.ended(running)
            process.terminate()
            assert await process.wait() == 0
        async with atelier.bot_process():
            for card in waiting:
                await atelier.shows(card, lambda card=card: "InvokeAI's queue is paused" in text(card))
            await ask(server, "PUT", RESUME)
            for card in (running, *waiting):
                await atelier.ended(card)
                assert len(results(card)) == 1
            await atelier.cleaned()
    finally:
        await ask(server, "PUT", RESUME)
    assert atelier.ask("SELECT attempt, outcome FROM jobs") == [(1, "completed")] * 3


async def test_the_queue_is_full(locked_house: House) -> None:
    """One runs and two are pending, which is all that fits: the others wait, say why, and go on in their turn."""
    atelier = locked_house.atelier
    await atelier.publish(FIXTURES / "slow.json")
    await atelier.publish(BUNDLED / "blur.json")
    cards = [await atelier.start("long-exposure", {"steps": 80})]
    await atelier.denoises(cards[0])
    for _ in range(2):
        cards.append(await atelier.start("blur", {"picture": PNG}))
        await atelier.until(lambda: set(atelier.states()) == {"queued"})
    cards += [await atelier.start("blur", {"picture": PNG}) for _ in range(2)]
    for card in cards[3:]:
        await atelier.shows(card, lambda card=card: "InvokeAI's queue is full at the moment" in text(card))
    for card in cards:
        await atelier.ended(card)
        assert len(results(card)) == 1
    await atelier.cleaned()
    assert atelier.ask("SELECT attempt, outcome FROM jobs") == [(1, "completed")] * 5
    assert len(locked_house.enqueued) == 5


async def test_the_login_is_revoked_in_mid_run(locked_house: House, multiuser_invokeai: InvokeServer) -> None:
    """A new password ends every token; for as long as it is not the bot's, nothing of the jobs can be asked or done."""
    atelier, server = locked_house.atelier, multiuser_invokeai
    account, token = server.accounts["member"], server.login("admin")
    users = await ask(server, "GET", "/api/v1/auth/users", token=token)
    (user,) = [one["user_id"] for one in users if one["email"] == account.email]

    async def set_password(password: str) -> None:
        await ask(server, "PATCH", f"/api/v1/auth/users/{user}", token=token, json={"password": password})

    await atelier.publish(FIXTURES / "slow.json")
    await atelier.publish(BUNDLED / "blur.json")
    running = await atelier.start("long-exposure", {"steps": 50})
    await atelier.denoises(running)
    await set_password(OTHER_PASSWORD)
    try:
        with pytest.raises(AssertionError, match="401"):
            await asyncio.to_thread(server.login, "member")
        following = await atelier.start("blur", {"picture": PNG})
        await atelier.shows(following, lambda: "InvokeAI does not answer at the moment" in text(following))
    finally:
        await set_password(account.password)
    for card in (running, following):
        await atelier.ended(card)
        assert len(results(card)) == 1
    await atelier.cleaned()
    assert atelier.ask("SELECT attempt, outcome FROM jobs") == [(1, "completed")] * 2
    assert len(locked_house.enqueued) == 2


@pytest.fixture
def doomed(restartable_invokeai: InvokeServer, installation: Installation, tmp_path: Path) -> dict[str, Any]:
    """A model that nobody else needs: the tiny one with another last weight."""
    folder = tmp_path / "doomed"
    shutil.copytree(tiny_model(installation), folder)
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    return restartable_invokeai.install_model(folder, "doomed-sd15")


@pytest.mark.usefixtures("tiny_sd15")
async def test_a_model_is_removed_while_jobs_wait_for_it(
    atelier: Atelier, restartable_invokeai: InvokeServer, doomed: dict[str, Any]
) -> None:
    identifier = {name: doomed[name] for name in ("key", "hash", "name", "base", "type")}
    async with atelier.bot():
        await atelier.publish(FIXTURES / "slow.json")
        await atelier.publish(changed(FIXTURES / "text_to_image.json", {("main_model_loader", "model"): identifier}))
        running = await atelier.start("long-exposure", {"steps": 60})
        await atelier.denoises(running)
        waiting = [await atelier.start("dawn-painter", {"model": doomed["key"], "steps": 5}) for _ in range(2)]
        await ask(restartable_invokeai, "DELETE", f"/api/v2/models/i/{doomed['key']}")
        await atelier.ended(running)
        assert len(results(running)) == 1
        for card in waiting:
            await atelier.shows(card, lambda card=card: "❌" in text(card))
            assert "A model that the workflow needs is not installed any more" in text(card)
            assert atelier.value(card, "model") == "doomed-sd15"
            assert card.attachments == []
        await atelier.cleaned()
    outcomes = atelier.ask("SELECT attempt, outcome FROM jobs ORDER BY created_at")
    assert outcomes == [(1, "completed"), (1, "failed"), (1, "failed")]
