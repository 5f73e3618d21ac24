"""Who made a vector: what it adds to fingerprints, and how collections carry it in their names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.embedding import EmbedderIdentity
from tests.build import an_embedder

_WORD = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)


@given(provider=_WORD, model=_WORD, version=_WORD, size=st.integers(1, 10_000))
def test_a_slug_says_whose_it_is(provider: str, model: str, version: str, size: int) -> None:
    identity = EmbedderIdentity(provider=provider, model=model, version=version, size=size)

    assert EmbedderIdentity.of_slug(identity.slug) == identity
    assert not set(identity.slug) & set('<>:"/\\|?*\0\x1f')


def test_a_slug_can_be_read_by_people() -> None:
    assert an_embedder(768).slug == "local.hashing-768.1.768"
    assert (
        an_embedder(312, model="cointegrated/rubert_tiny2").slug
        == "local.cointegrated_2frubert_5ftiny2.1.312"
    )


@pytest.mark.parametrize(
    "slug", ["", "backup", "a.b.c.d", "a.b.c.0", "a.b.c.01", "a..c.4", "a.b_zz.c.4", "a.b_ff.c.4"]
)
def test_what_is_nobodys_slug_is_nobodys(slug: str) -> None:
    assert EmbedderIdentity.of_slug(slug) is None


def test_archives_of_the_first_embedder_stay_fresh() -> None:
    assert an_embedder(512).stage_version == "local-hashing-512-1"


def test_another_size_of_the_same_model_is_another_version() -> None:
    sizes = [an_embedder(size, model="words-1").stage_version for size in (256, 512)]

    assert sizes == ["local-words-1-1-256", "local-words-1-1-512"]
