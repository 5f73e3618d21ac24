"""What posts are measured by today: the versions for each tenant, and what the policy has done with pictures."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from contracts.identity import tenant_id
from contracts.post import MediaRef, Versions
from contracts.treatment import Treatment
from domain.policy import Policies
from domain.treating import ANALYSE, Surroundings, limit, treated
from domain.vocabulary import Vocabulary


@dataclass(frozen=True)
class Standards:
    """``common`` are the versions without what tenants add; ``ocr`` is the version of what reads words, '' for none."""

    common: Versions
    policies: Policies
    ocr: str = ""

    def of(self, tenant: UUID) -> Versions:
        """Return the versions of a tenant: its vocabulary makes stale its own tags and nobody else's."""
        tags = f"{self.common.tags}-{self.vocabulary(tenant).version()}"
        return self.common.model_copy(update={"tags": tags})

    @property
    def fallback(self) -> str:
        """The version of the OCR that stands in for what nothing is left to pay for; '' where posts wait."""
        return self.ocr if self.policies.vision.when_budget_is_spent == "ocr" else ""

    def vocabulary(self, tenant: UUID) -> Vocabulary:
        """Return the words of a tenant."""
        return self._vocabularies.get(tenant, self.policies.tags.defaults)

    @cached_property
    def _vocabularies(self) -> dict[UUID, Vocabulary]:
        """By the id that follows from a name, and by the name where that is an id itself."""
        tags, found = self.policies.tags, dict[UUID, Vocabulary]()
        for name in tags.tenants:
            found[tenant_id(name)] = tags.of(name)
            try:
                found[UUID(name)] = tags.of(name)
            except ValueError:
                continue
        return found

    def treated(self, around: Surroundings, media: Iterable[MediaRef]) -> tuple[MediaRef, ...]:
        """Return the files of a post, each with its treatment."""
        return tuple(
            file.model_copy(update={"treatment": treatment})
            for file, treatment in treated(self.policies.vision, around, media, self.ocr)
        )

    def treatment(self, media: MediaRef) -> Treatment:
        """Return a file's treatment; where nobody has asked the policy, by its bytes alone."""
        return media.treatment or limit(self.policies.vision, media) or ANALYSE
