"""Which output may feed which input: the types of both ends of an edge, and the rules of lists."""

from types import NoneType
from typing import Any, get_args, get_origin

from bot.playground.invokeai.nodes.base import Node


def output_type(node: Node, name: str) -> Any:
    return node.spec.gives.model_fields[name].annotation


def input_type(node: Node, name: str) -> Any:
    return type(node).model_fields[name].annotation


def fits(given: Any, wanted: Any) -> bool:
    """Whether a value of one type may travel into a field of another."""
    if given == wanted or _anything(given) or _anything(wanted):
        return True
    if given in get_args(wanted) or wanted in get_args(given):
        return True
    if given in (int, float) and wanted in (float, str):
        return given is int or wanted is str
    if isinstance(given, type) and isinstance(wanted, type) and not get_args(given) and not get_args(wanted):
        return issubclass(given, wanted)
    return bool(get_args(given)) and all(part in get_args(wanted) for part in get_args(given))


def item_types(collection: Any) -> set[Any]:
    """What a list, or a choice of types with a list among them, may hold."""
    if _anything(collection):
        return {Any}
    lists = [collection] if get_origin(collection) is list else get_args(collection)
    return {part for one in lists if get_origin(one) is list for part in get_args(one) if part is not NoneType}


def is_list(given: Any) -> bool:
    return get_origin(given) is list


def _anything(given: Any) -> bool:
    return given is Any or (get_origin(given) is not list and Any in get_args(given)) or given == list[Any]
