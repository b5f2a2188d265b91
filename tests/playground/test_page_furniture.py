"""The demo's server and its people, and what the page serves of them."""

from __future__ import annotations

import io
import json

import aiohttp
import pytest
from PIL import Image

from bot.playground.discord import LocalDiscord
from bot.playground.page.demo import furnish
from bot.playground.page.drawn import colour_of
from bot.playground.page.pieces import painter
from bot.playground.page.samples import Samples
from bot.playground.page.server import Page


async def test_one_of_the_people_is_a_patron() -> None:
    async with LocalDiscord() as discord:
        guild, _, members = furnish(discord)
        (patrons,) = (role for role in guild.roles.values() if role.name == "Patrons")
        assert [name for name, member in members.items() if patrons in member.roles] == ["Cy"]


async def test_the_page_serves_the_faces_that_it_draws() -> None:
    async with LocalDiscord() as discord, aiohttp.ClientSession() as http:
        _, _, members = furnish(discord)
        async with Page(discord) as page:
            for member in members.values():
                assert member.user.avatar
                path = f"avatars/{member.id}/{member.user.avatar.id:032x}.png?size=128"
                async with http.get(page.url + path) as answer:
                    with Image.open(io.BytesIO(await answer.read())) as face:
                        colours = dict(
                            (colour, count) for count, colour in face.convert("RGB").getcolors(1 << 16) or []
                        )
                assert max(colours, key=lambda colour: colours[colour]) == rgb(colour_of(member.user))
                assert (255, 255, 255) in colours, "no letter"
            async with http.get(f"{page.url}embed/avatars/5.png?size=1024") as answer:
                assert (answer.status, answer.content_type) == (200, "image/png")


@pytest.mark.parametrize("is_local", [True, False])
def test_what_paints_is_among_the_samples_where_its_model_is_sure_to_be(is_local: bool) -> None:
    samples = Samples({"painter.json": painter()} if is_local else None)
    titles = [sample["title"] for sample in samples.listed()["workflows"]]
    assert ("Painter" in titles) == is_local
    found = samples.read("painter.json")
    assert (found is not None) == is_local
    if found:
        assert {field for node in json.loads(found)["nodes"] for field in node["data"]["inputs"]} >= {
            "prompt",
            "seed",
            "steps",
        }


def rgb(code: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(code.removeprefix("#")))
