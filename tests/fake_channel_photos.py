"""Channel pictures in memory, with the semantics that the SQL has."""

from uuid import UUID

from contracts.channel_photo import ChannelPhotoMaterial, ChannelPhotoRef
from contracts.errors import RejectedError
from contracts.material import Picture
from contracts.post import MediaRef
from domain.standards import Standards
from domain.treating import Surroundings
from tests.fake_archive import FakeLooks
from tests.fakes import Weather


class FakeChannelPhotos:
    """Files by picture; what was seen in them is the looks' to say."""

    def __init__(self, looks: FakeLooks) -> None:
        self._looks = looks
        self.weather = Weather()
        self.files: dict[UUID, MediaRef] = {}
        self.done: set[UUID] = set()
        self.refs: dict[UUID, ChannelPhotoRef] = {}

    async def material(self, ref: ChannelPhotoRef, standards: Standards) -> ChannelPhotoMaterial:
        self.weather.strike()
        if ref.photo_id not in self.files:
            raise RejectedError(f"no picture {ref.message_id}")
        around = Surroundings(ref.tenant_id, ref.tg_channel_id, title="Город")
        [media] = standards.treated(around, [self.files[ref.photo_id]])
        known = self._looks.view(ref.tenant_id, media, standards, standards.fallback)
        picture = known.picture if known else Picture(media=media)
        return ChannelPhotoMaterial(ref=ref, channel_title="Город", picture=picture)

    async def recorded(self, ref: ChannelPhotoRef, sha256: str) -> None:
        if self.files[ref.photo_id].sha256 == sha256:
            self.done.add(ref.photo_id)
            self.refs[ref.photo_id] = ref
