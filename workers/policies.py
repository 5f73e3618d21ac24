"""The policy file: what is read and looked at, validated with a sentence for each mistake."""

from pathlib import Path
from typing import Final

from pydantic import ValidationError

from domain.policy import Policies
from runtime.settings import SettingsError, load_yaml

DEFAULT: Final = Path(__file__).parents[1] / "policies" / "default.yaml"


def load_policies(path: Path | None) -> Policies:
    """Return the policies of ``path``, or those that ship.

    Raises:
        SettingsError: the file cannot be used; one sentence for each mistake.
    """
    file = path or DEFAULT
    try:
        return Policies.model_validate(load_yaml(file))
    except ValidationError as error:
        lines = (
            f"{'.'.join(map(str, e['loc']))}: {e['msg'][:1].lower()}{e['msg'][1:]}" for e in error.errors()
        )
        raise SettingsError(f"{file} cannot be used:\n  " + "\n  ".join(lines)) from error
