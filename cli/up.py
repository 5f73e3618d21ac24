"""``postloom up``: the whole service on this machine, until Ctrl-C."""

import typer


def up() -> None:
    """Run the whole service on this machine until Ctrl-C. State survives: started again, it goes on where it was."""
    from cli.screen import note
    from cli.serving import serve
    from cli.signals import until_signalled
    from runtime.setting_names import strangers
    from runtime.settings import load_settings

    settings = load_settings()
    for sentence in strangers():
        note(sentence)
    raise typer.Exit(until_signalled(serve(settings)))
