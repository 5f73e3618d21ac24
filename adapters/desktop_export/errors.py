"""What stops an import before it starts, in one sentence."""

from contracts.errors import RejectedError


class ImportRefusedError(RejectedError):
    """The import cannot be done as asked; ``exit_status`` is 1 for a broken export, 2 for wrong usage."""

    def __init__(self, sentence: str, exit_status: int) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.exit_status = exit_status
