"""What was asked of providers about a post and its pictures, and what that cost."""

from collections.abc import Iterator, Sequence
from typing import Any

from cli.screen import Cell, Screen
from domain.spending import money

Facts = dict[str, Any]


def show_calls(calls: Sequence[Facts], currency: str, screen: Screen) -> None:
    """Show each call as the budget counts it, and their sum; nothing where no provider was asked for money."""
    if not calls:
        return
    screen.title("Calls")
    rows = [_call(call, currency) for call in calls]
    screen.rows(("stage", "provider", "model", "in", "out", "price", "state"), [*rows, _sum(calls, currency)])
    for line in _notes(calls):
        screen.line(f"  {line}", style="dim")


def _call(call: Facts, currency: str) -> tuple[Cell, ...]:
    return (
        call["stage"] if call["is_own"] else f"{call['stage']} *",
        call["provider"],
        call["model_answered"] or call["model"],
        call["input_tokens"],
        call["output_tokens"],
        _price(call, currency),
        f"{call['state']}: {call['error']}" if call["error"] else call["state"],
    )


def _price(call: Facts, currency: str) -> str:
    """What is counted; of a call that has not ended, or is lost, that is what it may cost at most."""
    most = "up to " if call["state"] in {"reserved", "lost"} else ""
    return f"{most}{money(call['counted_microunits'], currency)}"


def _sum(calls: Sequence[Facts], currency: str) -> tuple[Cell, ...]:
    total = sum(call["counted_microunits"] for call in calls)
    return (
        "sum",
        "",
        "",
        sum(call["input_tokens"] for call in calls),
        sum(call["output_tokens"] for call in calls),
        money(total, currency),
        "",
    )


def _notes(calls: Sequence[Facts]) -> Iterator[str]:
    if not all(call["is_own"] for call in calls):
        yield "* about a picture of this post, asked for another one"
    unknown = sum(call["counted_tokens"] for call in calls if call["state"] == "lost")
    if unknown:
        yield f"nobody knows what the lost ones took: {unknown} tokens are counted for them"
