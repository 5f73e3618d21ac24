"""What a command refuses to do; the message is the sentence that the user reads."""


class CommandError(Exception):
    """The command cannot do what was asked; ``status`` is 1 for failed, 2 for wrong usage."""

    def __init__(self, sentence: str, status: int = 1) -> None:
        super().__init__(sentence)
        self.status = status
