"""What is shown at the end of the demo of services."""

from cli.explain.calls import show_calls
from cli.screen import Screen, show_json
from tests.services_demo.story import Story


def show(story: Story, *, as_json: bool) -> None:
    """Show how it ended: posts, calls, tokens and price, and what the other side counted."""
    if as_json:
        show_json({**story.model_dump(mode="json"), "unexplained": story.unexplained})
        return
    screen = Screen()
    screen.title("The whole path, with the adapters of production")
    states = ", ".join(f"{count} {state}" for state, count in story.posts.items())
    screen.facts([
        ("posts", states), ("killed on the way", str(story.kills)),
        ("calls in the ledger", f"{story.calls}, {story.lost_calls} of them lost with a process"),
        ("tokens", f"{story.tokens} in the ledger, {story.tokens_of_the_service} counted by the service"),
        ("price", f"{story.microunits / 1_000_000:.4f} {story.currency}"),
        ("answered 500", f"{story.refused} requests"),
        ("pictures", f"{story.pictures}, looked at {story.looks} times"), ("pages", str(story.pages)),
    ])  # fmt: skip
    show_calls(story.post["calls"], story.currency, screen)
    for sentence in story.unexplained:
        screen.line(sentence, style="red")
