"""How everything must end, and what was found to be wrong with it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from tests.chaos.batch import INDEXED, Batch


@dataclass
class Found:
    """What is wrong, a sentence each; ``extra_looks`` were paid for and lost, which a crash may do."""

    posts: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    extra_looks: int = 0

    def add(self, other: "Found") -> None:
        """Take in what another look found."""
        self.posts += other.posts
        self.extra_looks += other.extra_looks
        for mine, theirs in (
            (self.lost, other.lost),
            (self.doubled, other.doubled),
            (self.stuck, other.stuck),
        ):
            mine.extend(theirs)


@dataclass
class Expected:
    """How everything of a tenant must end."""

    tenant: UUID
    ends: dict[tuple[int, int], str] = field(default_factory=dict)
    albums: Counter[int] = field(default_factory=Counter)
    photos: Counter[int] = field(default_factory=Counter)
    #: Posts that may be built more than once: captions of albums, and what was edited.
    again: set[tuple[int, int]] = field(default_factory=set)
    #: Lost answers of a provider that deaths explain.
    deaths: int = 0
    #: Whether producers write entries of the same posts.
    foreign: bool = False

    def expect_entries(self, channel: int, messages: Iterable[int], end: str = INDEXED) -> None:
        """Expect posts that a producer writes."""
        self.ends.update({(channel, message): end for message in messages})

    def expect(self, batch: Batch) -> None:
        """Expect what a batch brings."""
        self.ends.update({(batch.channel, message): end for message, end in batch.posts.items()})
        self.again |= {(batch.channel, message) for message in batch.captions}
        self.albums[batch.channel] += batch.albums
        self.photos[batch.channel] += batch.photos
