"""Images: what may be uploaded, how it is kept, and how it goes."""

import io
import os
from typing import Any

import pytest
from PIL import Image

from tests.playground.invokeai_user import InvokeUser, picture

BASE = "/api/v1/images"


def noise() -> bytes:
    stream = io.BytesIO()
    Image.frombytes("RGB", (64, 64), os.urandom(64 * 64 * 3)).save(stream, "PNG")
    return stream.getvalue()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
async def test_every_mode_that_a_png_holds_is_kept(invoke_user: InvokeUser, mode: str):
    answer = await invoke_user.upload(picture(mode))
    assert answer.status_code == 201, answer.text
    file = await invoke_user.http.get(f"{BASE}/i/{answer.json()['image_name']}/full")
    assert Image.open(io.BytesIO(file.content)).mode == mode


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "GIF", "BMP", "TIFF"])
async def test_every_kind_is_stored_as_png(invoke_user: InvokeUser, kind: str):
    answer = await invoke_user.upload(picture(kind=kind))
    name = answer.json()["image_name"]
    file = await invoke_user.http.get(f"{BASE}/i/{name}/full")
    assert file.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(file.content)).format == "PNG"
    small = await invoke_user.http.get(f"{BASE}/i/{name}/thumbnail")
    assert small.headers["content-type"] == "image/webp"


async def test_the_record_of_an_upload(invoke_user: InvokeUser):
    answer = await invoke_user.upload(picture(), session_id="mine", form={"metadata": '{"a": 1}'})
    dto = answer.json()
    name = dto["image_name"]
    assert answer.headers["location"] == dto["image_url"] == f"api/v1/images/i/{name}/full"
    assert (dto["width"], dto["height"], dto["session_id"], dto["node_id"]) == (24, 16, "mine", None)
    assert (dto["image_origin"], dto["image_category"], dto["is_intermediate"]) == ("external", "user", False)
    assert (await invoke_user.http.get(f"{BASE}/i/{name}")).json() == dto
    assert (await invoke_user.http.get(f"{BASE}/i/{name}/metadata")).json() == {"a": 1}
    assert (await invoke_user.http.get(f"{BASE}/i/{name}/workflow")).json() == {"workflow": None, "graph": None}


async def test_exif_is_dropped(invoke_user: InvokeUser):
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "a camera"
    answer = await invoke_user.upload(picture(kind="JPEG", exif=exif))
    assert (answer.json()["width"], answer.json()["height"]) == (24, 16), "the orientation is not applied"
    file = await invoke_user.http.get(f"{BASE}/i/{answer.json()['image_name']}/full")
    assert not Image.open(io.BytesIO(file.content)).getexif()


REFUSALS: list[tuple[str, bytes, dict[str, Any], int]] = [
    ("not said to be an image", picture(), {"kind": "application/octet-stream"}, 415),
    ("no image", b"hello", {}, 415),
    ("nothing", b"", {}, 415),
    ("a drawing", b'<svg xmlns="http://www.w3.org/2000/svg"/>', {"kind": "image/svg+xml"}, 415),
    ("half an image", (lambda whole: whole[: len(whole) // 2])(noise()), {}, 500),
    ("for print", picture("CMYK", kind="JPEG"), {}, 500),
    ("a bad category", picture(), {"image_category": "no"}, 422),
    ("an unknown board", picture(), {"board_id": "no"}, 404),
    ("a bad size", picture(), {"form": {"resize_to": "[8,8]"}}, 400),
]


@pytest.mark.parametrize(("body", "how", "status"), [one[1:] for one in REFUSALS], ids=[one[0] for one in REFUSALS])
async def test_what_is_refused(invoke_user: InvokeUser, body: bytes, how: dict[str, Any], status: int):
    assert (await invoke_user.upload(body, **how)).status_code == status


async def test_resized_on_the_way_in(invoke_user: InvokeUser):
    dto = (await invoke_user.upload(picture(), form={"resize_to": '{"width":8,"height":4}'})).json()
    assert (dto["width"], dto["height"]) == (8, 4)


async def test_listing_shows_the_newest_first(invoke_user: InvokeUser):
    names = [(await invoke_user.upload(picture(), is_intermediate=True)).json()["image_name"] for _ in range(3)]
    params = {"is_intermediate": True, "limit": 1000}
    page = (await invoke_user.http.get(f"{BASE}/", params=params)).json()
    assert set(page) == {"limit", "offset", "total", "items"}
    ours = [one["image_name"] for one in page["items"] if one["image_name"] in names]
    assert ours == names[::-1]
    others = (await invoke_user.http.get(f"{BASE}/", params={**params, "is_intermediate": False})).json()
    assert not {one["image_name"] for one in others["items"]} & set(names)


async def test_deleting_one_and_many(invoke_user: InvokeUser):
    names = [(await invoke_user.upload(picture())).json()["image_name"] for _ in range(3)]
    one = await invoke_user.http.delete(f"{BASE}/i/{names[0]}")
    assert (one.status_code, one.json()["deleted_images"]) == (200, [names[0]])
    many = (await invoke_user.http.post(f"{BASE}/delete", json={"image_names": [*names, "no.png"]})).json()
    assert sorted(many["deleted_images"]) == sorted(names[1:])
    assert many["failed_images"] == []
    again = await invoke_user.http.delete(f"{BASE}/i/{names[0]}")
    assert (again.status_code, again.json()) == (404, {"detail": "Image not found"})


@pytest.mark.parametrize("what", ["", "/full", "/thumbnail", "/metadata", "/workflow"])
async def test_a_missing_image_is_404_everywhere(invoke_user: InvokeUser, what: str):
    answer = await invoke_user.http.get(f"{BASE}/i/no.png{what}")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


async def test_head_of_a_file(invoke_user: InvokeUser):
    name = (await invoke_user.upload(picture())).json()["image_name"]
    answer = await invoke_user.http.head(f"{BASE}/i/{name}/full")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
