"""``postloom bench``: how much this machine manages, and how near that is to what the engine alone costs."""

import asyncio
import json
import platform
from pathlib import Path
from typing import Annotated

import typer


def bench(
    posts: Annotated[int, typer.Option(min=50, max=20_000, help="How many posts.")] = 500,
    folder: Annotated[Path, typer.Option(help="A folder of its own; emptied first.")] = Path("build/bench"),
    as_json: Annotated[bool, typer.Option("--json", help="The figures as JSON.")] = False,
) -> None:
    """Run an invented channel through the whole path and then the floor; print posts/s, cost and latency."""
    from cli.bench.work import measure
    from runtime import logging
    from runtime.settings import load_settings

    settings = load_settings(data_dir=folder.absolute())
    logging.configure("warning", settings.data_dir.parent / "bench.log")
    say = (lambda _: None) if as_json else typer.echo
    figures = asyncio.run(measure(settings, posts, say))
    if as_json:
        typer.echo(json.dumps({"machine": _machine(), **figures.model_dump(mode="json")}, indent=1))
        return
    _print(figures.model_dump(mode="json"))


def _machine() -> str:
    import psutil

    memory = psutil.virtual_memory().total / 2**30
    return f"{psutil.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"


def _print(figures: dict[str, object]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"postloom bench, {_machine()}", show_header=False)
    for name, value in figures.items():
        table.add_row(name.replace("_", " "), _shown(value))
    Console().print(table)


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(part)}" for name, part in value.items())
    return f"{value:.2f}" if isinstance(value, float) else str(value)
