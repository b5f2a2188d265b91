"""Files and rates of the local Discord, called by hand."""

from __future__ import annotations

import json
from typing import Any

import httpx

from tests.playground.discord_bot import PNG
from tests.playground.discord_place import Place, furnished, where


def files(*sizes: int, **payload: Any) -> dict[str, Any]:
    parts = {f"files[{n}]": (f"f{n}.bin", b"x" * size) for n, size in enumerate(sizes)}
    return {"data": {"payload_json": json.dumps(payload)}, "files": parts}


async def test_file_limits() -> None:
    async with furnished(rate_limits=False, max_upload=1000) as place:
        assert (await place.post(**files(1000))).status_code == 200
        too_big = await place.post(**files(1001))
        assert (too_big.status_code, too_big.json()["code"]) == (413, 40005)
        many = await place.post(**files(*[1] * 11))
        assert (many.status_code, where(many.json()["errors"])) == (400, "attachments")
        place.guild.upload_limit = 30 * 1024 * 1024
        whole = await place.post(**files(26 * 1024 * 1024))
        assert (whole.status_code, whole.json()["code"]) == (413, 40005)


async def test_the_usual_limit_is_ten_mebibytes(place: Place) -> None:
    ten = 10 * 1024 * 1024
    assert (await place.post(**files(ten, ten))).status_code == 200
    assert (await place.post(**files(ten + 1))).json()["code"] == 40005


async def test_names_of_files_are_sanitized(place: Place) -> None:
    parts = {"files[0]": ("x.png", PNG), "files[1]": ("ünïcode pic.png", PNG)}
    listed = [{"id": 0, "filename": "my pic (1).png", "description": "alt"}, {"id": 1}]
    answer = await place.post(data={"payload_json": json.dumps({"attachments": listed})}, files=parts)
    names = [a["filename"] for a in answer.json()["attachments"]]
    assert names == ["my_pic_1.png", "ncode_pic.png"]
    first = answer.json()["attachments"][0]
    assert (first["description"], first["width"], first["content_type"]) == ("alt", 1, "image/png")


async def test_edits_keep_replace_and_append_files(place: Place) -> None:
    sent = (await place.post(**files(1, 2))).json()
    one = f"/channels/{place.channel.id}/messages/{sent['id']}"
    appended = (await place.http.patch(one, **files(3))).json()
    assert [a["size"] for a in appended["attachments"]] == [1, 2, 3]
    keep = {"id": appended["attachments"][1]["id"]}
    kept = (await place.http.patch(one, **files(4, attachments=[keep, {"id": 0, "filename": "n.bin"}]))).json()
    assert [a["filename"] for a in kept["attachments"]] == ["f1.bin", "n.bin"]
    async with httpx.AsyncClient() as client:
        assert (await client.get(appended["attachments"][0]["url"])).status_code == 404
        assert (await client.get(kept["attachments"][0]["url"])).content == b"xx"
    emptied = await place.http.patch(one, json={"attachments": []})
    assert (emptied.status_code, emptied.json()["code"]) == (400, 50006)
    assert len(place.channel.messages[0].edits) == 2


async def test_urls_are_signed_and_expire(place: Place) -> None:
    url = (await place.post(**files(1))).json()["attachments"][0]["url"]
    async with httpx.AsyncClient() as client:
        assert (await client.get(url)).status_code == 200
        assert (await client.get(url.split("?")[0])).status_code == 404
        assert (await client.get(url.replace("ex=", "ex=f"))).status_code == 404
        place.server.advance(25 * 3600)
        assert (await client.get(url)).status_code == 404
        message = place.channel.messages[0]
        fresh = place.server.render(message)["attachments"][0]["url"]
        assert (await client.get(fresh)).status_code == 200


async def test_rate_limits_are_announced_and_kept() -> None:
    async with furnished() as place:
        answers = [await place.post({"content": "x"}) for _ in range(6)]
        left = [a.headers["X-RateLimit-Remaining"] for a in answers]
        assert [a.status_code for a in answers] == [200] * 5 + [429] and left == ["4", "3", "2", "1", "0", "0"]
        refused = answers[-1]
        assert refused.headers["X-RateLimit-Scope"] == "user" and refused.headers["Via"]
        assert 0 < refused.json()["retry_after"] <= 5 and refused.json()["global"] is False
        assert int(refused.headers["Retry-After"]) >= refused.json()["retry_after"]
        one = f"/channels/{place.channel.id}/messages/{answers[0].json()['id']}"
        edited = await place.http.patch(one, json={"content": "y"})
        assert edited.headers["X-RateLimit-Bucket"] != refused.headers["X-RateLimit-Bucket"]
        place.server.advance(5)
        assert (await place.post({"content": "x"})).status_code == 200


async def test_old_messages_have_few_edits() -> None:
    async with furnished() as place:
        one = f"/channels/{place.channel.id}/messages/{(await place.post({'content': 'x'})).json()['id']}"
        place.server.advance(3700)
        answers = [await place.http.patch(one, json={"content": str(n)}) for n in range(4)]
        assert [a.status_code for a in answers] == [200, 200, 200, 429]
        assert answers[-1].json()["code"] == 30046


async def test_the_global_limit() -> None:
    async with furnished() as place:
        paths = [f"/channels/{place.guild.add_channel(str(n)).id}" for n in range(51)]
        answers = [await place.http.get(path) for path in paths]
        assert answers[-1].status_code == 429 and answers[-1].json()["global"] is True
        assert answers[-1].headers["X-RateLimit-Scope"] == "global"
