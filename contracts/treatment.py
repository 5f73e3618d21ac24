"""What is done with a picture of a post: the policy says so, and it travels with the file."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

#: What the policy has done with a picture: look at it, read the words in it only, or leave it.
How = Literal["analyse", "ocr", "skip"]


class Treatment(BaseModel):
    """What is done with a picture of one post; the same bytes in another post may be treated otherwise.

    ``reason`` says why it is not analysed, ``rule`` by which words of the policy; ``version`` is whose OCR reads it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    how: How
    reason: str | None = None
    rule: str | None = None
    version: str = ""
