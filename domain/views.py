"""What a post has of each of its files: the look that counts for it, or why it has none."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from contracts.material import Picture
from contracts.post import MediaRef
from contracts.treatment import How
from contracts.vision import Look, PictureFacts
from domain.treating import ANALYSE


class View(BaseModel):
    """What counts of a file: ``version`` is that of the look; ``reason`` says why it is no analysis."""

    model_config = ConfigDict(frozen=True)

    media: MediaRef
    how: How
    look: Look = Look()
    version: str = ""
    reason: str | None = None
    rule: str | None = None

    @property
    def facts(self) -> PictureFacts | None:
        """What was seen."""
        return self.look.facts

    @property
    def picture(self) -> Picture:
        """The file as stages read it."""
        return Picture(
            media=self.media, facts=self.facts, skipped=self.reason if self.how == "skip" else None
        )

    def record(self) -> dict[str, Any]:
        """Return what is stored of it, for the stages that read the post afterwards and for people.

        ``wanted`` is there where the policy wanted something else than came of it.
        """
        told = self.model_dump(include={"how", "version", "reason", "rule"}, exclude_defaults=True)
        wanted = (self.media.treatment or ANALYSE).how
        return told if wanted == self.how else {**told, "wanted": wanted}


def view(media: MediaRef, looks: Mapping[str, Look], vision_version: str, fallback: str = "") -> View | None:
    """Return what counts of a file by its treatment, None while nobody has looked.

    ``looks`` are those that there are, by version. An analysis that was made for another post is as good for one
    whose policy wants no more than OCR. ``fallback`` is the version of the OCR that stands in for an analysis that
    nothing was left to pay for.
    """
    treatment = media.treatment or ANALYSE
    if treatment.how == "skip":
        return View(media=media, how="skip", reason=treatment.reason, rule=treatment.rule)
    analysis = looks.get(vision_version)
    if treatment.how == "analyse":
        if analysis is None and fallback and fallback in looks:
            return _of(media, "ocr", looks[fallback], fallback, "ocr_budget")
        return _of(media, "analyse", analysis, vision_version, None) if analysis else None
    if analysis and analysis.features_hash and treatment.version != vision_version:
        return _of(media, "analyse", analysis, vision_version, None)
    reading = looks.get(treatment.version)
    return _of(media, "ocr", reading, treatment.version, treatment.reason) if reading else None


def _of(media: MediaRef, how: How, look: Look, version: str, reason: str | None) -> View:
    rule = media.treatment.rule if media.treatment else None
    if look.skipped:
        return View(media=media, how="skip", version=version, reason=look.skipped, rule=rule)
    return View(media=media, how=how, look=look, version=version, reason=reason, rule=rule)


def versions_of(media: Iterable[MediaRef]) -> set[str]:
    """Return the versions of OCR that read any of these files."""
    return {file.treatment.version for file in media if file.treatment and file.treatment.version}
