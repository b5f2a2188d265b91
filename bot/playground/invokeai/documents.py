"""The workflow document as the server checks and keeps it."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator


class ExposedField(BaseModel):
    """A field that an older document offers."""

    model_config = ConfigDict(populate_by_name=True)

    node_id: str = Field(alias="nodeId")
    field_name: str = Field(alias="fieldName")


class Meta(BaseModel):
    """The generation of the document's format, and whose it is."""

    model_config = ConfigDict(extra="ignore")

    version: str
    category: Literal["user", "default"]

    @field_validator("version")
    @classmethod
    def _is_a_version(cls, version: str) -> str:
        parts = version.split(".")
        if len(parts) != 3 or not all(part.isdecimal() for part in parts):
            raise ValueError(f"Invalid workflow meta version: {version}")
        return version


class WorkflowDocument(BaseModel):
    """What the editor exports, without an id."""

    model_config = ConfigDict(extra="ignore")

    name: str
    author: str
    description: str
    version: str
    contact: str
    tags: str
    notes: str
    exposedFields: list[ExposedField]  # noqa: N815 - the document's own name
    meta: Meta
    nodes: list[dict[str, Any]]
    edges: list[dict[str, Any]]
    form: dict[str, Any] | None = None

    def wire(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True)


class WithDocument(BaseModel):
    """The body of a request that brings a document."""

    workflow: WorkflowDocument
