"""The policy file: what is read, looked at and tagged; refused with the line of each mistake."""

import json
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from domain.policy import Policies
from runtime.marked_yaml import read_marked
from workers.policy_mistakes import mistakes_of

DEFAULT: Final = Path(__file__).parents[1] / "policies" / "default.yaml"


def load_policies(path: Path | None) -> Policies:
    """Return the policies of ``path``, or those that ship.

    Raises:
        SettingsError: the file cannot be used; a line for each mistake, which names the line in the file.
    """
    marked = read_marked(path or DEFAULT)
    if marked.data is None:
        raise marked.refused([])
    try:
        # As JSON, whose types are those of the file: "15" is no number, and a list is a list.
        policies = Policies.model_validate_json(json.dumps(marked.data), strict=True)
    except ValidationError as error:
        raise marked.refused(mistakes_of(error, Policies, marked)) from error
    if marked.mistakes:
        raise marked.refused([])
    return policies
