"""Running the service in the foreground: what it says when it is up, and when it ends by itself."""

from rich.text import Text

from cli.errors import CommandError
from cli.hints import command
from cli.screen import Screen, note
from cli.whole import Whole, whole_service
from runtime.settings import Settings


async def serve(settings: Settings) -> int:
    """Run the service until it is cancelled.

    Raises:
        CommandError: a part of it ended that should not have.
    """
    async with whole_service(settings, note) as whole:
        _tell(whole, Screen())
        why = await whole.service.failure
    log = settings.data_dir.absolute() / "logs" / "service.log"
    raise CommandError(
        f"the service ended: {why.rstrip('.')}; see {log}, then run `{command(settings.data_dir)} up` again"
    )


def _tell(whole: Whole, screen: Screen) -> None:
    addresses, settings = whole.service.addresses, whole.service.settings
    screen.console.print(Text("postloom is running.", style="bold green"))
    screen.facts(
        [
            ("workflows (Web UI)", addresses.temporal_ui),
            ("workflow engine", addresses.temporal),
            ("health, metrics, search", whole.http),
            ("events (Redis)", addresses.redis.rpartition("@")[2]),
            ("archive (PostgreSQL)", addresses.postgres.rpartition("@")[2]),
            ("data and logs", str(settings.data_dir.absolute())),
        ]
    )
    ours = command(settings.data_dir)
    screen.title("Try, in another terminal:")
    screen.facts(
        [
            (f"{ours} tenants add NAME", "whose channels these are"),
            (f"{ours} import PATH --tenant NAME", "a Telegram Desktop export"),
            (f"{ours} status --watch", "where everything is"),
        ]
    )
    screen.line()
    screen.line("Ctrl-C stops it; the data stays.", style="dim")
