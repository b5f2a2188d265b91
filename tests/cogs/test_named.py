"""Pictures that are named in place of being attached: a result of one's own, or an address."""

from typing import Any

import pytest

from bot.playground.discord import LocalMember, Message
from tests.cogs.atelier import (
    PHOTO,
    Atelier,
    Field,
    blank,
    fixture,
    in_module_loop,
    job_id,
    node,
    numbers,
    text,
    texts,
    workflow,
)
from tests.cogs.test_again import age, rows

TWO = workflow(
    node("a", "img_blur", Field("image", label="Photo")),
    node("b", "img_blur", Field("image", label="Mask")),
    name="Two",
)


async def made(atelier: Atelier, who: LocalMember | None = None, **options: object) -> Message:
    """A job that made a picture of 16 by 16."""
    if "words" not in atelier.place.guild.commands:
        await atelier.publish(texts(Field("value", label="Prompt"), name="Words"))
    card = await atelier.over(await atelier.run("words", options, who=who))
    await atelier.tidy()
    return card


async def suggested(atelier: Atelier, typed: str = "", who: LocalMember | None = None) -> list[tuple[str, str]]:
    who = who or atelier.place.member
    found = await who.autocomplete(atelier.channel, "fog-glass", "from_job", typed)
    return [(one["name"], one["value"]) for one in found]


def link(atelier: Atelier, message: Message) -> str:
    return f"https://discord.com/channels/{atelier.place.guild.id}/{message.channel.id}/{message.id}"


@in_module_loop
async def test_a_result_of_ones_own_is_suggested_and_used(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    assert await suggested(room) == []
    card = await made(room, prompt="a red fox")
    other = await made(room, prompt="a cat")
    await made(room, prompt="lost")
    rows(room, "UPDATE jobs SET outcome = 'failed' WHERE given LIKE '%lost%'")
    found = await suggested(room)
    assert [name for name, _ in found] == [
        f"Words · a cat · now · {job_id(other)}",
        f"Words · a red fox · now · {job_id(card)}",
    ]
    assert await suggested(room, "RED") == [(f"Words · a red fox · now · {job_id(card)}", job_id(card))]
    assert await suggested(room, job_id(card)) == [(f"Words · a red fox · now · {job_id(card)}", job_id(card))]
    assert await suggested(room, who=room.place.other) == []
    age(room, card)
    assert found[1][0] != (await suggested(room, "red"))[0][0]
    new = await room.over(await room.run("fog-glass", {"from_job": job_id(card)}))
    (file,) = new.attachments
    assert (file.width, file.height) == (16, 16)
    # A year later it is still there.
    age(room, new)
    again = await room.over(await room.answer(await room.place.member.press(new, "Again")))
    assert len(again.attachments) == 1
    await room.tidy()


@in_module_loop
async def test_each_of_several_pictures_can_be_picked(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    await room.publish(numbers(3))
    card = await room.over(await room.run("many"))
    found = await suggested(room, "many")
    assert [value for _, value in found] == [f"{job_id(card)}#{number}" for number in (1, 2, 3)]
    assert [name.split(" · ")[1] for name, _ in found] == ["1/3", "2/3", "3/3"]
    assert len((await room.over(await room.run("fog-glass", {"from_job": found[2][1]}))).attachments) == 1
    told = text(await room.run("fog-glass", {"from_job": f"{job_id(card)}#9"}))
    assert "**from_job**: that job has 3 pictures; please give one of them." in told.replace("\\", "")
    await room.tidy()


WRONG = {
    "nobody's": "aaaaaaaaaa",
    "nonsense": "`@everyone` <@1> " + "x" * 80,
    "a number that is none": "aaaaaaaaaa#²",
}


@pytest.mark.parametrize("typed", WRONG.values(), ids=WRONG.keys())
@in_module_loop
async def test_what_was_only_suggested_is_not_trusted(room: Atelier, typed: str) -> None:
    await room.publish(fixture("blur"))
    answer = await room.run("fog-glass", {"from_job": typed})
    assert answer.ephemeral
    words = "**from_job**: there is no such job of yours here. Please pick one of those that appear as you type."
    assert text(answer).replace("\\", "") == words
    assert not room.channel.messages


@in_module_loop
async def test_a_job_of_somebody_else_and_one_without_results(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    others = await made(room, room.place.other)
    told = text(await room.run("fog-glass", {"from_job": job_id(others)}))
    assert "there is no such job of yours here" in told
    card = await made(room)
    rows(room, "UPDATE jobs SET outcome = 'failed' WHERE id = ?", job_id(card))
    assert "that job made nothing" in text(await room.run("fog-glass", {"from_job": job_id(card)}))
    rows(room, "UPDATE jobs SET outcome = 'completed' WHERE id = ?", job_id(card))
    rows(room, "UPDATE jobs SET posted = '[[1, 2]]' WHERE id = ?", job_id(card))
    gone = "the pictures of that job are not there any more. Please attach one, or pick another job."
    answer = await room.run("fog-glass", {"from_job": job_id(card)})
    assert gone in text(answer)
    assert answer.ephemeral
    room.refusals()


@in_module_loop
async def test_a_private_result_is_not_suggested_where_it_cannot_be_had(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    await made(room, private=True)
    assert await suggested(room) == []
    german = await made(room, prompt="x")
    room.place.member.user.locale = "de"
    assert await suggested(room) == [(f"Words · x · jetzt · {job_id(german)}", job_id(german))]


@in_module_loop
async def test_what_was_deleted_is_not_suggested_and_the_list_says_so(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    card = await made(room)
    await made(room, prompt="kept")
    question = await room.answer(await room.place.member.press(card, "Delete"))
    await room.changed(question, await room.place.member.press(question, "Yes, delete them"))
    assert job_id(card) not in str(await suggested(room))
    lines = (await room.ask(room.place.member, "jobs")).splitlines()
    assert [" · deleted" in f" · {line.removeprefix('-# ')}" for line in lines if line.startswith("-#")] == [
        False,
        True,
    ]


@in_module_loop
async def test_without_a_prompt_values_tell_them_apart(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    await room.over(await room.run("fog-glass", {"photo": PHOTO, "radius": 30}))
    assert "radius 30" in (await suggested(room))[0][0]
    await room.tidy()


@in_module_loop
async def test_they_fill_the_first_pictures_that_were_not_attached(room: Atelier) -> None:
    await room.publish(TWO)
    card = await made(room)
    await room.publish(workflow(blank(width=8, height=8), name="Small"))
    other = await room.over(await room.run("small"))
    both: dict[str, Any] = {"from_job": job_id(card), "from_url": link(room, other)}
    new = await room.over(await room.run("two", both | {"private": False}))
    assert sorted((file.width, file.height) for file in new.attachments) == [(8, 8), (16, 16)]
    new = await room.over(await room.run("two", {"mask": PHOTO, "from_job": job_id(card)}))
    assert sorted((file.width, file.height) for file in new.attachments) == [(16, 16), (24, 16)]
    answer = await room.run("two", {"mask": PHOTO, "photo": PHOTO, "from_job": job_id(card)})
    assert "every picture is attached already" in text(answer)
    answer = await room.run("two", {"mask": PHOTO, "photo": PHOTO, "from_url": "x"})
    assert "**from_url**: every picture is attached already" in text(answer).replace("\\", "")
    new = await room.over(await room.run("two", {"photo": PHOTO, "from_url": link(room, other)}))
    assert sorted((file.width, file.height) for file in new.attachments) == [(8, 8), (24, 16)]
    answer = await room.run("two", {"mask": PHOTO})
    assert "**photo** is needed. Attach it with **Fill in**" in text(answer)
    await room.tidy()


@in_module_loop
async def test_an_address_that_is_none_is_told_privately(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    before = len(room.channel.messages)
    for typed in ("not an address", "http://127.0.0.1/a.png", "file:///etc/passwd"):
        answer = await room.run("fog-glass", {"from_url": typed})
        assert answer.ephemeral
        assert text(answer).replace("\\", "").startswith("**from_url**: ")
    assert len(room.channel.messages) == before


@in_module_loop
async def test_many_of_them_ask_privately_although_the_answer_was_to_be_public(room: Atelier) -> None:
    document = workflow(
        node("b", "img_blur", Field("image", label="Photo")),
        node("t", "string", Field("value", label="Prompt")),
        name="Both",
    )
    await room.publish(document)
    card = await made(room)
    before = len(room.channel.messages)
    options = {"from_job": job_id(card), "prompt": "{a, b, c} {d, e}"}
    question = await room.run("both", options)
    assert question.ephemeral
    assert "make **6 jobs**" in text(question)
    assert len(room.channel.messages) == before


@in_module_loop
async def test_what_is_delivered_twice_runs_once(room: Atelier) -> None:
    await room.publish(fixture("blur"))
    card = await made(room)
    before = len(rows(room, "SELECT id FROM jobs"))
    room.discord.faults.duplicate_next_interaction = True
    await room.over(await room.run("fog-glass", {"from_job": job_id(card)}))
    await room.tidy()
    assert len(rows(room, "SELECT id FROM jobs")) == before + 1
    room.refusals()


@in_module_loop
async def test_a_workflow_of_texts_asks_for_none(room: Atelier) -> None:
    command = await room.publish(workflow(blank(), name="Blank"))
    assert [option["name"] for option in command["options"]] == ["private"]
