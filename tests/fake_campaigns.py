"""What campaigns ask for, in memory: the archive by pages, and workflows of posts that do as they are told."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from contracts.campaign import Candidate, Cursor, Selection, Standing
from contracts.post import PostRef, PostState
from contracts.stages import Outcome, Stage
from domain.standards import Standards
from tests.fake_archive import FakeArchive, Row
from tests.fakes import Weather


class FakeCampaignPosts:
    """The posts of an archive, as the SQL finds them."""

    def __init__(self, archive: FakeArchive) -> None:
        self._archive = archive
        self.weather = Weather()

    async def page(
        self, selection: Selection, until: datetime, after: Cursor | None, limit: int
    ) -> Sequence[Candidate]:
        self.weather.strike()
        rows = sorted(self._archive.rows.values(), key=lambda row: _place(row.ref))
        begin = (after.channel_id, after.message_id) if after else (UUID(int=0), 0)
        chosen = [row for row in rows if _place(row.ref) > begin and _belongs(row, selection)]
        return [self._candidate(row, selection) for row in chosen[:limit]]

    def _candidate(self, row: Row, selection: Selection) -> Candidate:
        return Candidate(
            post_id=row.ref.post_id,
            channel_id=row.ref.channel_id,
            message_id=row.ref.message_id,
            text_length=len(row.event.text),
            has_file=bool(self._archive.files.get(row.ref.post_id)),
            sure=not selection.failed_only or _has_failed(row),
        )

    async def refs(self, tenant_id: UUID, post_ids: Sequence[UUID]) -> dict[UUID, PostRef]:
        self.weather.strike()
        rows = self._archive.rows
        return {id: rows[id].ref for id in post_ids if id in rows and rows[id].ref.tenant_id == tenant_id}

    async def states(
        self, tenant_id: UUID, post_ids: Sequence[UUID], standards: Standards
    ) -> dict[UUID, PostState]:
        refs = await self.refs(tenant_id, post_ids)
        return {id: await self._archive.state(ref, standards) for id, ref in refs.items()}


def _place(ref: PostRef) -> tuple[UUID, int]:
    return ref.channel_id, ref.message_id


def _has_failed(row: Row) -> bool:
    tags = row.records.get(Stage.TAGS)
    return bool(row.failed) or tags is None or tags.outcome is Outcome.SKIPPED


def _belongs(row: Row, selection: Selection) -> bool:
    unfinished = not row.concluded
    return (
        row.ref.tenant_id == selection.tenant_id
        and selection.channel_id in {None, row.ref.channel_id}
        and (selection.tag is None or selection.tag in row.findings.get("tags", {}).get("tags", ()))
        and (selection.since is None or row.event.posted_at >= selection.since)
        and (selection.kind != "unfinished" or unfinished)
        and (not selection.failed_only or _has_failed(row) or unfinished)
    )


@dataclass
class FakePostWorkflows:
    """Each post that is told is under way until it is let go; ``quick`` ones rest at once."""

    quick: bool = False
    room_left: int = 1000
    standings: dict[UUID, Standing] = field(default_factory=dict)
    told: Counter[UUID] = field(default_factory=Counter)
    order: list[UUID] = field(default_factory=list)
    most_under_way: int = 0
    weather: Weather = field(default_factory=Weather)

    async def tell(self, ref: PostRef, selection: Selection, campaign_id: str) -> None:
        self.weather.strike()
        self.told[ref.post_id] += 1
        if ref.post_id not in self.order:
            self.order.append(ref.post_id)
        self.standings.setdefault(ref.post_id, Standing.AT_REST if self.quick else Standing.UNDER_WAY)
        self.most_under_way = max(self.most_under_way, len(self.under_way()))

    async def standing(self, ref: PostRef) -> Standing:
        return self.standings.get(ref.post_id, Standing.AT_REST)

    async def room(self) -> int:
        return self.room_left

    def under_way(self) -> list[UUID]:
        """The posts that were told and are not at rest."""
        return [id for id, standing in self.standings.items() if standing is Standing.UNDER_WAY]

    def rest(self, count: int = 1000, how: Standing = Standing.AT_REST) -> None:
        """Let so many of those that are under way come to rest."""
        for id in self.under_way()[:count]:
            self.standings[id] = how
