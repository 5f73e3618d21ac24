"""What every part of the policy file is: values that never change, and no key that nobody reads."""

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError


class PolicyPart(BaseModel):
    """Base of the parts; an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def wrong(sentence: str, *at: str | int) -> PydanticCustomError:
    """Return the mistake that a part's values make together; ``at`` leads from the part to the value to correct."""
    return PydanticCustomError("policy", "{sentence}", {"sentence": sentence, "at": at})
