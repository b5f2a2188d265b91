"""What Discord refuses in components: rows of buttons and selects, Components V2, modals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from bot.playground.discord.cdn import sanitize
from bot.playground.discord.errors import Path, Problems
from bot.playground.discord.state import Json

ROW, BUTTON, STRING_SELECT, TEXT_INPUT = 1, 2, 3, 4
USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT = 5, 6, 7, 8
SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER, LABEL = 9, 10, 11, 12, 13, 14, 17, 18
FILE_UPLOAD, RADIO, CHECKBOXES, CHECKBOX = 19, 21, 22, 23
SELECTS = (STRING_SELECT, USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT)
LINK, PREMIUM = 5, 6  # button styles without a custom_id

V2_TOP = (ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR, CONTAINER)
V2_TOTAL = 40  # documented: components in a message, nested ones included
V2_TEXT = 4000  # documented: characters over all text displays
ROWS, PER_ROW = 5, 5
CHILDREN = {SECTION: (TEXT,), CONTAINER: tuple(t for t in V2_TOP if t != CONTAINER), ROW: (BUTTON, *SELECTS)}
IN_LABEL = (TEXT_INPUT, *SELECTS, FILE_UPLOAD, RADIO, CHECKBOXES, CHECKBOX)


def many(value: Any) -> list[Json]:
    return cast("list[Json]", value) if isinstance(value, list) else []


def without_nulls(node: Any) -> Any:
    """A null counts as left out, in components; clients send some."""
    if isinstance(node, list):
        return [without_nulls(item) for item in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    return {key: without_nulls(value) for key, value in cast("Json", node).items() if value is not None}


def walk(components: list[Json]) -> Iterator[Json]:
    """Each component, outermost first."""
    for component in components:
        yield component
        yield from walk(many(component.get("components")))
        for key in ("accessory", "component"):
            if isinstance(component.get(key), dict):
                yield from walk([component[key]])


def number_components(components: list[Json]) -> None:
    """Give each component the `id` that Discord fills in, and write what a menu begins with as Discord does."""
    taken = {c["id"] for c in walk(components) if c.get("id")}
    fresh = iter(i for i in range(1, 1000) if i not in taken)
    for component in walk(components):
        if not component.get("id"):
            component["id"] = next(fresh)
        for default in many(component.get("default_values")):
            # A browser's numbers cannot tell two of them apart.
            default["id"] = str(default["id"])


class Checker:
    """Checks one message's or modal's components; `names` are the files that attachment:// may mean."""

    def __init__(self, problems: Problems, names: set[str]) -> None:
        self._problems = problems
        self._names = names
        self._custom_ids: set[str] = set()

    def message(self, components: list[Json], path: Path, *, v2: bool) -> None:
        if v2:
            total = sum(1 for _ in walk(components))
            if total > V2_TOTAL:
                text = f"The maximum number of components in a message is {V2_TOTAL}"
                self._problems.add(path, "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", text)
            shown = sum(len(str(c.get("content", ""))) for c in walk(components) if c.get("type") == TEXT)
            if shown > V2_TEXT:
                text = f"Displayable text size exceeds maximum size of {V2_TEXT}"
                self._problems.add(path, "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", text)
        else:
            self._problems.length(path, len(components), 0, ROWS)
        self._all(components, path, V2_TOP if v2 else (ROW,))

    def modal(self, data: Json, path: Path) -> None:
        """Documented: title 45, 1 to 5 top-level components, label 45, description 100."""
        self._text(data, "title", path, 1, 45)
        self._text(data, "custom_id", path, 1, 100)
        components = many(data.get("components"))
        here: Path = (*path, "components")
        self._problems.length(here, len(components), 1, 5)
        for index, component in enumerate(components):
            spot: Path = (*here, index)
            kind = component.get("type")
            if kind == LABEL:
                self._text(component, "label", spot, 1, 45)
                self._text(component, "description", spot, 0, 100)
                child = component.get("component")
                self._all([child] if isinstance(child, dict) else [], (*spot, "component"), IN_LABEL, single=True)
            elif kind == ROW:
                self._all(many(component.get("components")), (*spot, "components"), (TEXT_INPUT,))
            elif kind != TEXT:
                self._problems.add((*spot, "type"), "UNION_TYPE_CHOICES", _one_of((ROW, TEXT, LABEL)))

    def _all(self, components: list[Any], path: Path, allowed: tuple[int, ...], *, single: bool = False) -> None:
        if single and not components:
            self._problems.required(path)
        for index, component in enumerate(components):
            spot: Path = path if single else (*path, index)
            if not isinstance(component, dict) or component.get("type") not in allowed:  # pyright: ignore[reportUnknownMemberType]
                self._problems.add((*spot, "type"), "UNION_TYPE_CHOICES", _one_of(allowed))
            else:
                self._one(cast("Json", component), spot)

    def _one(self, component: Json, path: Path) -> None:
        kind = component["type"]
        if kind == ROW:
            self._row(component, path)
        elif kind == BUTTON:
            self._button(component, path)
        elif kind in SELECTS:
            self._select(component, path)
        elif kind == TEXT_INPUT:
            self._text_input(component, path)
        elif kind in (FILE_UPLOAD, RADIO, CHECKBOXES, CHECKBOX):
            self._choice(component, path)
        else:
            self._layout(component, path)

    def _row(self, row: Json, path: Path) -> None:
        children = many(row.get("components"))
        here: Path = (*path, "components")
        self._problems.length(here, len(children), 1, PER_ROW)
        if len(children) > 1 and any(c.get("type") in (*SELECTS, TEXT_INPUT) for c in children):
            text = "The specified component exceeds the maximum width"
            self._problems.add((*here, 1), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", text)
        self._all(children, here, CHILDREN[ROW])

    def _button(self, button: Json, path: Path) -> None:
        style = button.get("style")
        if style not in range(1, 7):
            self._problems.choices((*path, "style"), (1, 2, 3, 4, 5, 6))
        if style == LINK:
            self._text(button, "url", path, 1, 512)
        elif style != PREMIUM:
            self._custom_id(button, path)
        if style == LINK and button.get("custom_id"):
            text = "A custom id and url cannot both be specified"
            self._problems.add((*path, "custom_id"), "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", text)
        self._text(button, "label", path, 0, 80)
        if style != PREMIUM and not button.get("label") and not button.get("emoji"):
            text = "A button must have a label or emoji"
            self._problems.add((*path, "label"), "BUTTON_COMPONENT_INVALID_LABEL", text)

    def _select(self, select: Json, path: Path) -> None:
        self._custom_id(select, path)
        self._text(select, "placeholder", path, 0, 150)
        self._counts(select, path, most=25)
        if select["type"] == STRING_SELECT:
            self._options(select, path, low=1, high=25)

    def _options(self, component: Json, path: Path, low: int, high: int) -> None:
        options = many(component.get("options"))
        here: Path = (*path, "options")
        self._problems.length(here, len(options), low, high)
        seen: set[str] = set()
        for index, option in enumerate(options):
            for key, least in (("label", 1), ("value", 1), ("description", 0)):
                self._text(option, key, (*here, index), least, 100)
            if option.get("value") in seen:
                text = "The specified option value is already used"
                self._problems.add((*here, index, "value"), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", text)
            seen.add(str(option.get("value")))
        most = component.get("max_values")
        if isinstance(most, int) and options and most > len(options):
            text = f"max_values must be less than or equal to the number of options ({len(options)})"
            self._problems.add((*path, "max_values"), "SELECT_COMPONENT_MAX_VALUES_EXCEEDED", text)

    def _counts(self, component: Json, path: Path, most: int) -> None:
        low, high = component.get("min_values", 1), component.get("max_values", 1)
        self._problems.number((*path, "min_values"), low, 0, most)
        self._problems.number((*path, "max_values"), high, 1, most)
        if low > max(high, 1):
            text = "min_values must not be above max_values"
            self._problems.add((*path, "min_values"), "BASE_TYPE_BAD_RANGE", text)

    def _text_input(self, field: Json, path: Path) -> None:
        self._custom_id(field, path)
        self._text(field, "label", path, 0, 45)
        self._text(field, "placeholder", path, 0, 100)
        self._text(field, "value", path, 0, 4000)
        if field.get("style") not in (1, 2):
            self._problems.choices((*path, "style"), (1, 2))
        self._problems.number((*path, "min_length"), field.get("min_length") or 0, 0, 4000)
        self._problems.number((*path, "max_length"), field.get("max_length") or 4000, 1, 4000)

    def _choice(self, component: Json, path: Path) -> None:
        self._custom_id(component, path)
        kind = component["type"]
        if kind == FILE_UPLOAD:
            self._counts(component, path, most=10)
        elif kind == CHECKBOXES:
            self._counts(component, path, most=10)
            self._options(component, path, low=1, high=10)
        elif kind == RADIO:
            self._options(component, path, low=2, high=10)
        if kind in (FILE_UPLOAD, CHECKBOXES) and component.get("min_values") == 0 and component.get("required", True):
            text = "min_values must be at least 1 when required is true"
            self._problems.add((*path, "min_values"), "COMPONENT_REQUIRED_MIN_VALUES", text)

    def _layout(self, component: Json, path: Path) -> None:
        kind = component["type"]
        if kind == TEXT:
            self._text(component, "content", path, 1, V2_TEXT)
        elif kind == SECTION:
            children = many(component.get("components"))
            self._problems.length((*path, "components"), len(children), 1, 3)
            self._all(children, (*path, "components"), CHILDREN[SECTION])
            accessory = component.get("accessory")
            self._all([accessory] if accessory else [], (*path, "accessory"), (BUTTON, THUMBNAIL), single=True)
        elif kind == CONTAINER:
            self._all(many(component.get("components")), (*path, "components"), CHILDREN[CONTAINER])
        elif kind == GALLERY:
            items = many(component.get("items"))
            self._problems.length((*path, "items"), len(items), 1, 10)
            for index, item in enumerate(items):
                self._text(item, "description", (*path, "items", index), 0, 1024)
                self._media(item.get("media"), (*path, "items", index, "media"))
        elif kind == THUMBNAIL:
            self._media(component.get("media"), (*path, "media"))
        elif kind == FILE:
            self._media(component.get("file"), (*path, "file"), only_attached=True)

    def _media(self, media: Any, path: Path, *, only_attached: bool = False) -> None:
        url = str(cast("Json", media).get("url") or "") if isinstance(media, dict) else ""
        if url.startswith("attachment://"):
            if sanitize(url.removeprefix("attachment://")) not in self._names:
                text = "The media attachment reference was not found"
                self._problems.add((*path, "url"), "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND", text)
        elif only_attached or not url.startswith(("http://", "https://")):
            text = "Scheme must be one of ('attachment',)." if only_attached else "Not a well formed URL."
            self._problems.add(
                (*path, "url"), "URL_TYPE_INVALID_SCHEME" if only_attached else "URL_TYPE_INVALID_URL", text
            )

    def _custom_id(self, component: Json, path: Path) -> None:
        self._text(component, "custom_id", path, 1, 100)
        custom_id = component.get("custom_id")
        if custom_id in self._custom_ids:
            text = "Component custom id cannot be duplicated"
            self._problems.add((*path, "custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED", text)
        self._custom_ids.add(str(custom_id))

    def _text(self, component: Json, key: str, path: Path, low: int, high: int) -> None:
        value = component.get(key)
        if value is None:
            if low:
                self._problems.required((*path, key))
        else:
            self._problems.length((*path, key), len(str(value)), low, high)


def _one_of(types: tuple[int, ...]) -> str:
    return f'Value of field "type" must be one of {types}.'
