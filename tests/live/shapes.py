"""Workflows of our own that need no model, one for each trap of the format; each tells what must come of it.

They hold only what the editor could have written, except where that is the trap.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.workflows.builders import Raw, edge, form, node, raw, shown
from tests.workflows.builders import field as held

Size = tuple[int, int]


@dataclass(frozen=True)
class Place:
    """What a shape names of a server beside its nodes, made there beforehand."""

    board_id: str = ""
    style_preset_id: str = ""


@dataclass(frozen=True)
class Shape:
    """One document, the inputs it must show as (name, kind), what is given to them, and the images that come of it."""

    name: str
    build: Callable[[Place], Raw]
    inputs: tuple[tuple[str, str], ...] = ()
    values: Mapping[str, str] = field(default_factory=dict[str, str])
    #: Uploads: the name of an input, and the picture's size.
    images: Sequence[tuple[str, Size]] = ()
    sizes: tuple[Size, ...] = ((16, 16),)
    #: The colour in the first image's corner, where that is the point.
    corner: tuple[int, int, int] | None = None
    needs: frozenset[str] = frozenset()

    def document(self, place: Place = Place()) -> Raw:
        return {"name": self.name, **self.build(place)} | {"name": self.name}


def blank(node_id: str, width: Any = 16, height: Any = 16, **more: Any) -> Raw:
    """A blank picture; a size may be given as a whole field."""
    return node(node_id, "blank_image", {"width": width, "height": height}, version="1.2.2", **more)


def hidden(node_id: str, node_type: str, inputs: Mapping[str, Any] | None = None, **more: Any) -> Raw:
    """A node whose picture is not a result."""
    return node(node_id, node_type, inputs, isIntermediate=True, **more)


def batch(node_id: str, kind: str, items: Sequence[Any] | None, group: str = "None") -> Raw:
    inputs = {"batch_group_id": group, f"{kind}s": list(items) if items is not None else held()}
    return hidden(node_id, f"{kind}_batch", inputs, version="1.0.0")


def generator(node_id: str, kind: str, rule: str, **values: Any) -> Raw:
    made = {"generator": {"type": f"{kind}_generator_{rule}", **values}}
    return hidden(node_id, f"{kind}_generator", made, version="1.0.0")


def connector(node_id: str) -> Raw:
    return {"id": node_id, "type": "connector", "data": {"id": node_id, "type": "connector", "label": ""}}


def container(layout: str, *children: str) -> Raw:
    return {"type": "container", "data": {"layout": layout, "children": list(children)}}


# The generations of the format


def other_root(_: Place) -> Raw:
    elements = {
        "the-very-top": container("column", "heading", "row"),
        "heading": {"type": "heading", "data": {"content": "Paper"}},
        # The order of the elements in the file means nothing.
        "second": shown("paper.height"),
        "first": shown("paper.width"),
        "row": container("row", "first", "divider", "second"),
        "divider": {"type": "divider"},
    }
    parents = {"heading": "the-very-top", "row": "the-very-top", "first": "row", "divider": "row", "second": "row"}
    tree = {
        key: {"id": key, **({"parentId": parents[key]} if key in parents else {}), **e} for key, e in elements.items()
    }
    return raw(blank("paper"), form={"rootElementId": "the-very-top", "elements": tree})


def first_generation(_: Place) -> Raw:
    def old(name: str, kind: str, value: Any) -> Raw:
        # Fields told their ids and types themselves.
        return {"id": f"id-{name}", "name": name, "fieldKind": "input", "label": "", "type": kind, "value": value}

    inputs = {
        "width": old("width", "integer", 8),
        "height": old("height", "integer", 8),
        "mode": old("mode", "enum", "RGB"),
    }
    paper = node("paper", "blank_image", version="1.2.0")
    paper["data"]["inputs"] = inputs
    paper["data"]["outputs"] = {
        "image": {"id": "id-image", "name": "image", "fieldKind": "output", "type": "ImageField"}
    }
    return raw(paper, exposed=["paper.height", "paper.width"], meta={"version": "1.0.0"})


def second_generation(_: Place) -> Raw:
    kind = {"isCollection": False, "isCollectionOrScalar": False, "name": "IntegerField"}
    paper = node("paper", "blank_image", version="1.2.2")
    paper["data"]["inputs"] = {
        name: {"id": f"id-{name}", "name": name, "fieldKind": "input", "label": "", "type": kind, "value": 8}
        for name in ("width", "height")
    }
    return raw(paper, exposed=["paper.width"], meta={"version": "2.0.0", "category": "user"})


def both_differ(_: Place) -> Raw:
    return raw(blank("paper"), exposed=["paper.height"], form=form(shown("paper.width")))


def nothing_exposed(_: Place) -> Raw:
    return raw(blank("paper"), form=form())


def dangling(_: Place) -> Raw:
    return raw(
        blank("paper"), exposed=["gone.width", "paper.gone", "paper.width"], edges=[edge("gone.image", "paper.mask")]
    )


def dangling_form(_: Place) -> Raw:
    return raw(blank("paper"), form=form(shown("gone.width"), shown("paper.gone"), shown("paper.width")))


# Edges


def connectors(_: Place) -> Raw:
    chain = [
        edge("n.value", "c1.in"),
        edge("c1.out", "c2.in"),
        edge("c2.out", "paper.width"),
        edge("c1.out", "paper.height"),
    ]
    number = node("n", "integer", {"value": held(8, label="Side")}, version="1.0.1")
    return raw(number, connector("c1"), connector("c2"), blank("paper", 99, 99), edges=chain, exposed=["n.value"])


def connector_behind_batch(_: Place) -> Raw:
    edges = [edge("sizes.value", "bend.in"), edge("bend.out", "paper.width")]
    return raw(batch("sizes", "integer", [16, 24]), connector("bend"), blank("paper"), edges=edges)


def collapsed(_: Place) -> Raw:
    drawn = {"id": "x", "type": "collapsed", "source": "paper", "target": "soft"}
    soft = node("soft", "img_blur", {"radius": 1.0}, version="1.2.2")
    return raw(blank("paper", isIntermediate=True), soft, edges=[drawn, edge("paper.image", "soft.image")])


def stale_literal(_: Place) -> Raw:
    """An edge feeds the field, which still holds what no server would take."""
    number = node("n", "integer", {"value": held(2, label="Grain")}, version="1.0.1")
    noise = node("noise", "img_noise", {"size": -5, "amount": 0.5, "seed": 1}, version="1.1.0")
    edges = [edge("paper.image", "noise.image"), edge("n.value", "noise.size")]
    return raw(number, blank("paper", isIntermediate=True), noise, edges=edges, exposed=["noise.size", "n.value"])


def removed_fields(_: Place) -> Raw:
    soft = node("soft", "img_blur", {"radius": 1.0, "sigma": 3, "blur_type": "box"}, version="1.1.0")
    edges = [edge("paper.image", "soft.image"), edge("paper.width", "soft.sigma"), edge("paper.gone", "soft.radius")]
    return raw(blank("paper", isIntermediate=True), soft, edges=edges, exposed=["soft.sigma", "soft.radius"])


def older_minor(_: Place) -> Raw:
    small = node("small", "img_resize", {"width": 24}, version="1.0.0")
    edges = [edge("paper.image", "small.image")]
    return raw(blank("paper", isIntermediate=True), small, edges=edges, exposed=["small.width", "small.height"])


def not_run(_: Place) -> Raw:
    notes = {"id": "n", "type": "notes", "data": {"id": "n", "type": "notes", "label": "", "notes": "Mind the gap"}}
    current = {"id": "c", "type": "current_image", "data": {"id": "c", "type": "current_image", "label": ""}}
    return raw(notes, current, blank("paper"), edges=[edge("n.out", "paper.width")])


# Batches and generators


def zipped(_: Place) -> Raw:
    nodes = [batch("w", "integer", [8, 16, 24], "Group 1"), batch("h", "integer", [24, 16, 8], "Group 1")]
    return raw(*nodes, blank("paper"), edges=[edge("w.value", "paper.width"), edge("h.value", "paper.height")])


def multiplied(_: Place) -> Raw:
    nodes = [batch("w", "integer", [8, 16]), batch("h", "integer", [24, 32])]
    return raw(*nodes, blank("paper"), edges=[edge("w.value", "paper.width"), edge("h.value", "paper.height")])


def _generated(made: Raw, kind: str) -> Raw:
    """A generator's items, put into a field of their kind, by a batch node."""
    edges = [edge(f"g.{kind}s", f"b.{kind}s")]
    if kind == "integer":
        return raw(made, batch("b", kind, None), blank("paper"), edges=[*edges, edge("b.value", "paper.width")])
    text = node("text", "string", {"value": ""}, version="1.0.1")
    return raw(made, batch("b", kind, None), text, blank("paper"), edges=[*edges, edge("b.value", "text.value")])


def arithmetic(_: Place) -> Raw:
    return _generated(generator("g", "integer", "arithmetic_sequence", start=8, step=8, count=3), kind="integer")


def at_random(_: Place) -> Raw:
    rule = generator("g", "integer", "random_distribution_uniform", min=16, max=16, count=2, seed=None)
    return _generated(rule, kind="integer")


def parsed(_: Place) -> Raw:
    return _generated(generator("g", "string", "parse_string", input="red\nblue", splitOn="\\n"), kind="string")


def linear(_: Place) -> Raw:
    nodes = [generator("g", "float", "linear_distribution", start=0.5, end=1.5, count=3), batch("b", "float", None)]
    edges = [edge("g.floats", "b.floats"), edge("b.value", "zoom.scale_factor"), edge("paper.image", "zoom.image")]
    return raw(*nodes, blank("paper", isIntermediate=True), node("zoom", "img_scale", version="1.2.2"), edges=edges)


def dynamic_prompts(_: Place) -> Raw:
    rule = generator("g", "string", "dynamic_prompts_combinatorial", input="a {red|blue} fox", maxPrompts=10)
    return _generated(rule, kind="string")


def from_board(place: Place) -> Raw:
    rule = generator("g", "image", "images_from_board", board_id=place.board_id, category="assets")
    edges = [edge("g.images", "b.images"), edge("b.image", "soft.image")]
    soft = node("soft", "img_blur", {"radius": 1.0}, version="1.2.2")
    return raw(rule, batch("b", "image", None), soft, edges=edges)


# Collections and iterations


def iterated(_: Place) -> Raw:
    count = hidden("count", "range_of_size", {"start": 8, "size": 3, "step": 8}, version="1.0.0")
    nodes = [count, hidden("each", "iterate", version="1.1.0"), blank("paper", isIntermediate=True)]
    soft = node("soft", "img_blur", {"radius": 1.0}, version="1.2.2")
    all_of_them = hidden("all", "collect", version="1.1.0")
    edges = [
        edge("count.collection", "each.collection"),
        edge("each.item", "paper.width"),
        edge("paper.image", "soft.image"),
        edge("soft.image", "all.item"),
    ]
    return raw(*nodes, soft, all_of_them, edges=edges, exposed=["count.size"])


def collected(_: Place) -> Raw:
    """Several pictures in, each blurred, all of them out as one collection."""
    photos = hidden("photos", "image_collection", {"images": held(label="Photos")}, version="1.0.2")
    each, gather = hidden("each", "iterate", version="1.1.0"), hidden("gather", "collect", version="1.1.0")
    soft = hidden("soft", "img_blur", {"radius": 1.0}, version="1.2.2")
    out = node("out", "image_collection", version="1.0.2")
    edges = [
        edge("photos.collection", "each.collection"),
        edge("each.item", "soft.image"),
        edge("soft.image", "gather.item"),
        edge("gather.collection", "out.collection"),
    ]
    return raw(photos, each, soft, gather, out, edges=edges, exposed=["photos.images"])


# Outputs


def leaves(_: Place) -> Raw:
    soft = hidden("soft", "img_blur", {"radius": 1.0}, version="1.2.2")
    return raw(blank("paper", 24, isIntermediate=True), soft, edges=[edge("paper.image", "soft.image")])


def passed_through(_: Place) -> Raw:
    """Three results that name one and the same image."""
    image = hidden("in", "image", {"image": held(label="Photo")}, version="1.0.2")
    nodes = [image, node("soft", "img_blur", version="1.2.2")]
    nodes += [node("s1", "show_image", version="1.0.1"), node("s2", "show_image", version="1.0.1")]
    edges = [edge("in.image", "soft.image"), edge("soft.image", "s1.image"), edge("s1.image", "s2.image")]
    return raw(*nodes, edges=edges, exposed=["in.image"])


def on_board(_: Place) -> Raw:
    save = node("save", "save_image", {"board": "auto"}, version="1.2.2")
    edges = [edge("paper.image", "save.image")]
    return raw(blank("paper", isIntermediate=True), save, edges=edges, exposed=["save.board"])


# Kinds of inputs, and their names


def odd_labels(_: Place) -> Raw:
    one = blank("one", held(16, label="幅 🎨"), held(16, label="Höhe / Height"))
    two = blank("two", held(16, label="幅 🎨"), held(16, label="!!!"))
    return raw(one, two, exposed=["one.width", "one.height", "two.width", "two.height"])


def colour(_: Place) -> Raw:
    paint = held({"r": 0, "g": 0, "b": 0, "a": 255}, label="Paint")
    paper = node("paper", "blank_image", {"width": 16, "height": 16, "color": paint}, version="1.2.2")
    return raw(paper, exposed=["paper.color"])


def long_text(_: Place) -> Raw:
    text = node("text", "string", {"value": held("line\n" * 300, label="Story")}, version="1.0.1")
    joined = node("joined", "string_join", {"string_right": ""}, version="1.0.1")
    return raw(text, joined, blank("paper"), edges=[edge("text.value", "joined.string_left")], exposed=["text.value"])


def box(_: Place) -> Raw:
    area = held(label="Area")
    crop = node("crop", "crop_image_to_bounding_box", {"bounding_box": area}, version="1.0.0")
    edges = [edge("paper.image", "crop.image")]
    return raw(blank("paper", 32, 32, isIntermediate=True), crop, edges=edges, exposed=["crop.bounding_box"])


def single_or_list(_: Place) -> Raw:
    """A field that takes one entry or a list of them, and here gets a list from its edge."""
    entry = node("entry", "metadata_item", {"label": "fox", "value": "red"}, version="1.0.1")
    nodes = [entry, hidden("all", "collect", version="1.1.0"), hidden("data", "metadata", version="1.0.1")]
    save = node("save", "save_image", version="1.2.2")
    edges = [
        edge("entry.item", "all.item"),
        edge("all.collection", "data.items"),
        edge("data.metadata", "save.metadata"),
        edge("paper.image", "save.image"),
    ]
    return raw(*nodes, blank("paper", isIntermediate=True), save, edges=edges)


def preset(place: Place) -> Raw:
    style = held({"style_preset_id": place.style_preset_id}, label="Style")
    template = node("t", "prompt_template", {"style_preset": style, "positive_prompt": "fox"}, version="1.0.0")
    text = node("text", "string", version="1.0.1")
    edges = [edge("t.positive_prompt", "text.value")]
    return raw(template, text, blank("paper"), edges=edges, exposed=["t.style_preset", "t.positive_prompt"])


def choice(_: Place) -> Raw:
    nodes = [blank("small", 8, 8, isIntermediate=True), blank("large", 32, 32, isIntermediate=True)]
    either = hidden("which", "if", {"condition": held(False, label="Large")}, version="1.0.0")
    edges = [
        edge("large.image", "which.true_input"),
        edge("small.image", "which.false_input"),
        edge("which.value", "out.image"),
    ]
    return raw(*nodes, either, node("out", "show_image", version="1.0.1"), edges=edges, exposed=["which.condition"])


WIDTH, HEIGHT = ("width", "integer"), ("height", "integer")

SHAPES = (
    Shape("a form whose root has another name", other_root, (WIDTH, HEIGHT), {"width": "24"}, sizes=((24, 16),)),
    Shape("the first generation", first_generation, (HEIGHT, WIDTH), {"width": "24"}, sizes=((24, 8),)),
    Shape("the second generation", second_generation, (WIDTH,), {"width": "24"}, sizes=((24, 8),)),
    Shape("a form and other exposed fields", both_differ, (WIDTH,), {"width": "24"}, sizes=((24, 16),)),
    Shape("nothing exposed", nothing_exposed),
    Shape("exposed fields that are gone", dangling, (WIDTH,), {"width": "24"}, sizes=((24, 16),)),
    Shape("a form of fields that are gone", dangling_form, (WIDTH,), {"width": "24"}, sizes=((24, 16),)),
    Shape("connectors in a chain", connectors, (("side", "integer"),), {"side": "24"}, sizes=((24, 24),)),
    Shape("a connector behind a batch", connector_behind_batch, sizes=((16, 16), (24, 16))),
    Shape("collapsed edges", collapsed),
    Shape("a stale literal under an edge", stale_literal, (("size", "integer"), ("grain", "integer")), {"grain": "1"}),
    Shape("removed fields", removed_fields, (("radius", "number"),), {"radius": "2"}),
    Shape("an older minor version", older_minor, (WIDTH, HEIGHT), {"height": "40"}, sizes=((24, 40),)),
    Shape("notes and the current image", not_run),
    Shape("batches side by side", zipped, sizes=((8, 24), (16, 16), (24, 8))),
    Shape("batches multiplied", multiplied, sizes=((8, 24), (8, 32), (16, 24), (16, 32))),
    Shape("an arithmetic sequence", arithmetic, sizes=((8, 16), (16, 16), (24, 16))),
    Shape("numbers at random", at_random, sizes=((16, 16),) * 2),
    Shape("a parsed text", parsed, sizes=((16, 16),) * 2),
    Shape("a linear distribution", linear, sizes=((8, 8), (16, 16), (24, 24))),
    Shape("dynamic prompts", dynamic_prompts, sizes=((16, 16),) * 2),
    Shape("images of a board", from_board, sizes=((16, 16), (24, 24)), needs=frozenset({"board"})),
    Shape("an iteration", iterated, (("size", "integer"),), {"size": "2"}, sizes=((8, 16), (16, 16))),
    Shape(
        "a collection in and out",
        collected,
        (("photos", "images"),),
        images=(("photos", (16, 16)), ("photos", (24, 8))),
        sizes=((16, 16), (24, 8)),
    ),
    Shape("no output but leaves", leaves, sizes=((24, 16),)),
    Shape(
        "an image passed through",
        passed_through,
        (("photo", "image"),),
        images=(("photo", (24, 16)),),
        sizes=((24, 16),),
    ),
    Shape("a board to save to", on_board, (("board", "board"),)),
    Shape(
        "odd and equal labels",
        odd_labels,
        (("幅", "integer"), ("höhe_height", "integer"), ("幅_2", "integer"), ("height", "integer")),
        {"幅_2": "24"},
        sizes=((16, 16), (24, 16)),
    ),
    Shape("a colour", colour, (("paint", "color"),), {"paint": "#ff8800"}, corner=(255, 136, 0)),
    Shape("a long text", long_text, (("story", "string"),), {"story": "fox " * 1400}),
    Shape("a bounding box", box, (("area", "box"),), {"area": "4, 8, 20, 32"}, sizes=((16, 24),)),
    Shape("one or a list", single_or_list),
    Shape(
        "a style preset",
        preset,
        (("style", "style_preset"), ("positive_prompt", "string")),
        {"style": "familiar tests", "positive_prompt": "a fox"},
        needs=frozenset({"style preset"}),
    ),
    Shape("one or the other", choice, (("large", "boolean"),), {"large": "yes"}, sizes=((32, 32),)),
)
