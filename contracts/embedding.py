"""Who turns texts into vectors: what a collection says of whoever filled it."""

import re
from typing import Final, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field

from contracts.asking import Usage

Vector = tuple[float, ...]
_NOT_PLAIN: Final = re.compile(r"[^A-Za-z0-9-]")
_WRITTEN_OUT: Final = re.compile(r"(?:_[0-9a-f]{2})+")


class EmbedderIdentity(BaseModel):
    """An embedder, by everything that makes its vectors unlike those of another; ``size`` is numbers per vector."""

    model_config = ConfigDict(frozen=True)

    provider: str = Field(min_length=1)
    model: str = Field(min_length=1)
    version: str = Field(min_length=1)
    size: int = Field(ge=1)

    @property
    def stage_version(self) -> str:
        """What it contributes to the fingerprint of the stage ``vectors``.

        A model that already says its size keeps the version that it always had.
        """
        named = f"{self.provider}-{self.model}-{self.version}"
        return named if str(self.size) in self.model.split("-") else f"{named}-{self.size}"

    @property
    def slug(self) -> str:
        """The identity as part of a collection's name: ``provider.model.version.size``; ``of_slug`` reads it."""
        return ".".join(_NOT_PLAIN.sub(_code, str(part)) for part in self.model_dump().values())

    @classmethod
    def of_slug(cls, slug: str) -> Self | None:
        """Return whose slug this is, None when it is nobody's."""
        try:
            parts = [_WRITTEN_OUT.sub(_decode, part) for part in slug.split(".")]
            identity = cls.model_validate(dict(zip(cls.model_fields, parts, strict=True)))
        except ValueError:
            return None
        return identity if identity.slug == slug else None

    def __str__(self) -> str:
        """Return it for people."""
        return f"{self.provider} {self.model}, version {self.version}, {self.size} numbers"


class Embedded(NamedTuple):
    """The vectors of one request, in the order of its texts, and what that took."""

    vectors: list[Vector]
    usage: Usage
    model: str


def _code(found: re.Match[str]) -> str:
    return "".join(f"_{byte:02x}" for byte in found[0].encode())


def _decode(found: re.Match[str]) -> str:
    return bytes.fromhex(found[0].replace("_", "")).decode()
