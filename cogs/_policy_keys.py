"""What the ids of the policy's panel hold: which workflow, and what of its policy is looked at. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import discord

_KEYS = r"(?P<act>[a-z_]+):(?P<id>[0-9]+):(?P<side>[ad]):(?P<role>[0-9]+):(?P<page>[0-9]+)"


@dataclass(frozen=True)
class Keys:
    """A workflow, and the page of its panel."""

    TEMPLATE: ClassVar[str] = f"familiar:policy:{_KEYS}"
    FORM: ClassVar[re.Pattern[str]] = re.compile(rf"{TEMPLATE}:(?P<about>[a-z0-9]+)")

    workflow_id: int
    #: Whether the menus are for who may, or for who may not.
    allowing: bool = True
    #: Whose bounds are looked at; 0: the policy's face.
    role_id: int = 0
    page: int = 0

    @classmethod
    def read(cls, match: re.Match[str]) -> Self:
        return cls(int(match["id"]), match["side"] == "a", int(match["role"]), int(match["page"]))

    def custom_id(self, act: str) -> str:
        return f"familiar:policy:{act}:{self.workflow_id}:{'ad'[not self.allowing]}:{self.role_id}:{self.page}"

    def button(
        self,
        act: str,
        label: str,
        *,
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
        disabled: bool = False,
    ) -> discord.ui.Button[Any]:
        return discord.ui.Button(label=label, style=style, custom_id=self.custom_id(act), disabled=disabled)

    def turned(self, act: str, values: Sequence[str], everyone_id: int) -> Self | None:
        """Return what is looked at after a press that changes nothing else; None for all others."""
        match act:
            case "side":
                return replace(self, allowing=not self.allowing)
            case "bounds" | "everyone":
                return replace(self, role_id=everyone_id, page=0)
            case "role":
                return replace(self, role_id=int(values[0]), page=0)
            case "back":
                return replace(self, role_id=0, page=0)
            case "before" | "after":
                return replace(self, page=max(self.page + (1 if act == "after" else -1), 0))
            case _:
                return None
