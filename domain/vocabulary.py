"""The words of a tenant: which tags it prefers, which it does not want, which mean the same."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field, model_validator

from contracts import identity
from domain.phrases import Phrases
from domain.policy_part import PolicyPart, wrong
from domain.tag_shape import mistake, told
from domain.word_forms import same_words, words_of

#: Changes when the rules of ``domain/tags.py`` keep other tags of an honest answer: every post is tagged again then,
#: for money. A rule that only sees through disguises is no reason for that.
_RULES: Final = "2"


def _tag(value: str) -> str:
    tag = told(value)
    if wrong := mistake(tag):
        raise ValueError(f"{value!r} is no tag: {wrong}")
    return tag


#: A tag as it is kept: lower-cased, without the marks around it.
Tag = Annotated[str, AfterValidator(_tag)]


class Vocabulary(PolicyPart):
    """What becomes of the tags that are proposed for a tenant's posts; it adds none by itself."""

    preferred: tuple[Tag, ...] = ()
    forbidden: tuple[Tag, ...] = ()
    generic: tuple[Tag, ...] = ()
    synonyms: dict[Tag, Tag] = {}
    max_tags: int = Field(default=5, ge=1, le=5)

    @model_validator(mode="after")
    def _agrees(self) -> "Vocabulary":
        if clash := self.clash():
            raise wrong(*clash)
        return self

    def clash(self) -> tuple[str, str] | None:
        """Return what two of its words say against each other, and where; None when they agree."""
        unwanted = Phrases((*self.forbidden, *self.generic))
        if both := list(filter(unwanted.mean, self.preferred)):
            return f"{min(both)!r} is forbidden or generic, too", "preferred"
        if both := list(filter(unwanted.mean, self.synonyms.values())):
            return f"{min(both)!r}, which a synonym leads to, is forbidden or generic", "synonyms"
        if chain := self._chained():
            return f"{min(chain)!r} has a synonym and is one: let both lead to the same word", "synonyms"
        return None

    def _chained(self) -> list[str]:
        """Return the names that another one leads to; a form of the word that it leads to itself is none."""
        meanings = Phrases(self.synonyms.values())
        return [
            name
            for name, meant in self.synonyms.items()
            for other in meanings.forms_of(name)
            if other == name or not same_words(words_of(other), words_of(meant))
        ]

    def version(self) -> str:
        """Return what makes tags stale when the words or the rules change (8 hex digits)."""
        return identity.digest(_RULES, self.model_dump_json())[:8]


class TagPolicy(PolicyPart):
    """The words of all tenants; what a tenant does not say is as the defaults say."""

    defaults: Vocabulary = Vocabulary()
    tenants: dict[str, Vocabulary] = {}

    @model_validator(mode="after")
    def _agrees(self) -> "TagPolicy":
        for name in self.tenants:
            if clash := self.of(name).clash():
                sentence, key = clash
                raise wrong(f"{sentence} (with what the defaults say)", "tenants", name, key)
        return self

    def of(self, name: str) -> Vocabulary:
        """Return the words of the tenant of that name."""
        own = self.tenants.get(name)
        if own is None:
            return self.defaults
        said = {key: getattr(own, key) for key in own.model_fields_set}
        return self.defaults.model_copy(update=said)
