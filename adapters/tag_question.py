"""How tags are asked for, whoever is asked."""

from typing import Final

from adapters.prompts import Prompt, as_data, load_prompt
from adapters.tokens import PER_MESSAGE, cut, tokens
from contracts.spending import Estimate

PROMPT: Final = "tags.v1"
#: Tokens of a text that are read: a post with all its pictures has less.
MAX_INPUT: Final = 3_000
#: Tokens of an answer: five tags in JSON take about 60.
MAX_OUTPUT: Final = 200


class TagQuestion:
    """The prompt, and a text as its data."""

    def __init__(self, prompt: Prompt | None = None) -> None:
        self._prompt = prompt or load_prompt(PROMPT)

    @property
    def version(self) -> str:
        """Return what changes with every letter of the prompt."""
        return self._prompt.version

    def estimate(self, text: str) -> Estimate:
        """Return what asking for the tags of ``text`` takes at most."""
        asked = tokens(self._prompt.text) + tokens(cut(text, MAX_INPUT)) + 3 * PER_MESSAGE
        return Estimate(input_tokens=asked, output_tokens=MAX_OUTPUT)

    def messages(self, text: str) -> tuple[str, str]:
        """Return what the system says and what the user says: the rules, and the text between its borders."""
        return self._prompt.text, as_data(cut(text, MAX_INPUT))
