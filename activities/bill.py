"""What one request takes, and whose part of it is how much."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final
from uuid import UUID

from contracts.asking import Usage
from contracts.errors import PipelineError
from contracts.spending import RequestEnded, Share
from domain.calls import answered, given_back
from domain.spending import Portion, SpendingPolicy, portions

#: Why a share is released whose picture was not sent, or not taken, with those that were.
NOT_ASKED: Final = "nobody was asked about it"


class Bill:
    """What a request takes; whoever asks says it when the answer is there."""

    def __init__(self, policy: SpendingPolicy, shares: Sequence[Share]) -> None:
        self._policy, self._shares = policy, shares
        self._asked: Sequence[int] = range(len(shares))
        self._model_answered = ""
        self._errors: Mapping[int, PipelineError] = {}
        self.portions: tuple[Portion, ...] = ()

    def took(
        self,
        usage: Usage,
        model: str = "",
        *,
        unasked: Collection[int] = (),
        errors: Mapping[int, PipelineError] = MappingProxyType({}),
    ) -> tuple[Portion, ...]:
        """Take what the provider counted; return each share's portion of it.

        The price is that of the ``model`` which answered; where there is none, of the one that was asked. Shares in
        the places of ``unasked`` have no part in it; ``errors`` are what single ones got for an answer.
        """
        wish, prices = self._shares[0].wish, self._policy
        price = (prices.price(wish.provider, model) if model else None) or prices.price(
            wish.provider, wish.model
        )
        self._asked = [place for place in range(len(self._shares)) if place not in unasked]
        self._model_answered, self._errors = model, errors
        parts = portions(price, usage, [self._shares[place].wish.estimate for place in self._asked])
        of = dict(zip(self._asked, parts, strict=True))
        self.portions = tuple(of.get(place, Portion(Usage(), 0)) for place in range(len(self._shares)))
        return self.portions

    def ends(self, id: UUID) -> Iterator[RequestEnded]:
        """Give how the shares of an answered request ended: those of what nobody was asked about are given back."""
        if unasked := [share for place, share in enumerate(self._shares) if place not in self._asked]:
            yield given_back(unasked, NOT_ASKED)
        if asked := [self._shares[place] for place in self._asked]:
            parts = [self.portions[place] for place in self._asked]
            errors = [self._errors.get(place) for place in self._asked]
            yield answered(id, asked, parts, self._model_answered, errors)
