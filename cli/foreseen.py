"""Which errors are answers to the user, and with which exit status the command ends."""

from typing import Final

from adapters.desktop_export.errors import ImportRefusedError
from cli.errors import CommandError
from contracts.errors import PipelineError
from runtime.embedded.errors import StackError
from runtime.settings import SettingsError

#: Their messages are sentences for the user; any other error is a mistake of ours and shows its trace.
FORESEEN: Final = (CommandError, SettingsError, StackError, PipelineError)


def exit_status(error: Exception) -> int:
    """Return 1 for failed, 2 for wrong usage."""
    match error:
        case CommandError():
            return error.status
        case ImportRefusedError():
            return error.exit_status
        case SettingsError():
            return 2
        case _:
            return 1
