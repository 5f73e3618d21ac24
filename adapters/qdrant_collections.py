"""Which collections a tenant has, who filled each, and which of them search reads.

``t{tenant}_posts`` is the name that readers ask for: an alias of the searched collection. Each collection carries
its embedder in its name, ``t{tenant}_posts.{slug}``. One that is itself called ``t{tenant}_posts`` is of the time
before that: the local embedder filled it, and it is used until the first switch takes its name for the alias.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

from adapters.qdrant_fields import index_fields
from adapters.qdrant_folder import discard, quicken
from contracts.embedding import EmbedderIdentity
from contracts.errors import RejectedError

_OURS: Final = re.compile(r"t([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})_posts(?:\..+)?")


@dataclass(frozen=True)
class Collection:
    """Points of one tenant by one embedder."""

    name: str
    embedder: EmbedderIdentity


@dataclass(frozen=True)
class Layout:
    """A tenant's collections: which there are, the one that search reads (None: none is named), the wanted one."""

    there: tuple[Collection, ...]
    searched: Collection | None
    wanted: Collection

    @property
    def is_filling(self) -> bool:
        """Whether search reads another collection than the wanted one."""
        return self.searched not in {None, self.wanted}

    @property
    def has_wanted(self) -> bool:
        """Whether the wanted collection has been made."""
        return self.wanted in self.there

    @property
    def is_settled(self) -> bool:
        """Whether there is nothing to make, to switch or to drop."""
        return self.there == (self.wanted,) == (self.searched,)

    @property
    def left_over(self) -> tuple[Collection, ...]:
        """The collections that nobody reads or fills any more."""
        kept = {self.searched, self.wanted}
        return tuple(c for c in self.there if c not in kept) if self.searched else ()

    @property
    def readable(self) -> tuple[Collection, ...]:
        """What can be searched: the searched collection, then what may stand in for it."""
        rest = sorted((c for c in self.there if c != self.searched), key=lambda c: c != self.wanted)
        return ((self.searched,) if self.searched else ()) + tuple(rest)


class Collections:
    """Makes, names and drops the collections of tenants. What it knows is forgotten when Qdrant contradicts it."""

    def __init__(self, client: QdrantClient, wanted: EmbedderIdentity) -> None:
        self._client, self._wanted = client, wanted
        self._known: dict[UUID, Layout] = {}
        self._indexed: set[Collection] = set()

    def of(self, tenant_id: UUID) -> Layout:
        """Return the tenant's collections; Qdrant is asked until there is one to search and one to fill."""
        if layout := self._known.get(tenant_id):
            return layout
        layout = self._layout(tenant_id, self._names(), self._aliases())
        for collection in layout.there:
            quicken(self._client, collection.name)
        if layout.searched and layout.has_wanted:
            self._known[tenant_id] = layout
        return layout

    def forget(self, tenant_id: UUID) -> None:
        """Ask Qdrant again the next time."""
        self._known.pop(tenant_id, None)

    def made(self, tenant_id: UUID) -> Layout:
        """Return the tenant's collections, the wanted one among them; the first of all is searched at once."""
        layout = self.of(tenant_id)
        if not layout.has_wanted:
            self._create(layout.wanted)
            self._indexed.discard(layout.wanted)
            self.forget(tenant_id)
        if layout.wanted not in self._indexed:
            index_fields(self._client, layout.wanted.name)
            self._indexed.add(layout.wanted)
        self.adopt(tenant_id)
        return self.of(tenant_id)

    def adopt(self, tenant_id: UUID) -> None:
        """Give the name that readers ask for to the fullest collection, if none has it."""
        layout = self.of(tenant_id)
        if layout.there and layout.searched is None:
            self._name(tenant_id, max(layout.there, key=lambda c: (self.count(c), c == layout.wanted)))

    def switch(self, tenant_id: UUID) -> None:
        """Have search read the wanted collection. Repeated, it changes nothing.

        Readers of the alias see the one collection and then the other. At the first switch of an older archive
        the name belongs to a collection, which Qdrant does not rename: it is deleted, and then the alias is made.
        Readers find nothing under that name in between: for milliseconds, or until ``adopt`` when we are killed.
        """
        self.forget(tenant_id)
        layout = self.made(tenant_id)
        if layout.is_filling:
            self._name(tenant_id, layout.wanted)

    def drop(self, tenant_id: UUID, embedder: EmbedderIdentity) -> None:
        """Delete the collection of ``embedder`` if nobody reads or fills it any more."""
        self.forget(tenant_id)
        for collection in self.of(tenant_id).left_over:
            if collection.embedder == embedder:
                discard(self._client, collection.name)
        self.forget(tenant_id)

    def unsettled(self) -> tuple[UUID, ...]:
        """Return the tenants of which a collection is being filled, was left over, or has no name for readers."""
        names, aliases = self._names(), self._aliases()
        tenants = sorted({UUID(found[1]) for name in names if (found := _OURS.fullmatch(name))})
        return tuple(tenant for tenant in tenants if self._is_unsettled(tenant, names, aliases))

    def count(self, collection: Collection) -> int:
        """Return how many points the collection has."""
        return self._client.count(collection.name, exact=True).count

    def _is_unsettled(self, tenant_id: UUID, names: list[str], aliases: dict[str, str]) -> bool:
        with suppress(RejectedError):  # another program's collection: told to whoever wants to use it
            layout = self._layout(tenant_id, names, aliases)
            return bool(layout.there) and not layout.is_settled
        return False

    def _names(self) -> list[str]:
        return [found.name for found in self._client.get_collections().collections]

    def _aliases(self) -> dict[str, str]:
        return {found.alias_name: found.collection_name for found in self._client.get_aliases().aliases}

    def _layout(self, tenant_id: UUID, names: list[str], aliases: dict[str, str]) -> Layout:
        name = posts_name(tenant_id)
        there = tuple(self._ours(name, names))
        searched = aliases.get(name, name)
        return Layout(
            there=there,
            searched=next((c for c in there if c.name == searched), None),
            wanted=next(
                (c for c in there if c.embedder == self._wanted),
                Collection(f"{name}.{self._wanted.slug}", self._wanted),
            ),
        )

    def _ours(self, name: str, names: list[str]) -> Iterator[Collection]:
        for full in names:
            if full == name:
                yield Collection(name, _unnamed(self._size(name)))
            elif full.startswith(f"{name}.") and (of := EmbedderIdentity.of_slug(full[len(name) + 1 :])):
                yield Collection(full, of)

    def _size(self, name: str) -> int:
        vectors = self._client.get_collection(name).config.params.vectors
        if not isinstance(vectors, models.VectorParams):
            raise RejectedError(f"collection {name} was made by another program: its vectors have names")
        return vectors.size

    def _create(self, collection: Collection) -> None:
        params = models.VectorParams(size=collection.embedder.size, distance=models.Distance.COSINE)
        try:
            self._client.create_collection(collection.name, vectors_config=params)
        except UnexpectedResponse as error:
            if error.status_code != 409:  # another worker was quicker
                raise

    def _name(self, tenant_id: UUID, collection: Collection) -> None:
        """Let the name that readers ask for lead to ``collection``."""
        name = posts_name(tenant_id)
        if name in self._names() and name != collection.name:
            discard(self._client, name)
        if name != collection.name:
            self._client.update_collection_aliases([
                models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=name)),
                models.CreateAliasOperation(
                    create_alias=models.CreateAlias(collection_name=collection.name, alias_name=name)
                ),
            ])  # fmt: skip
        self.forget(tenant_id)


def posts_name(tenant_id: UUID) -> str:
    """Return the name under which readers find a tenant's posts."""
    return f"t{tenant_id}_posts"


def _unnamed(size: int) -> EmbedderIdentity:
    """Who filled the collections that do not say it: the only embedder there was then."""
    return EmbedderIdentity(provider="local", model=f"hashing-{size}", version="1", size=size)
