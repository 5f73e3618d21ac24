"""The commands of workflow code are pinned: a change of them breaks runs that are open, unless it is gated."""

from tests.workflows.commands import commands, pinned

LESSON = """
workflow code gives other commands than {file} says:
{changes}

Runs that are open now replay their history against the new code. Where it asks for other activities, timers, waits
or attributes, or in another order, they stop with a NondeterminismError. So:
 1. put the change behind `if workflow.patched("what-changes"):` and keep the old branch below it
    (nothing is needed where only runs that cannot exist yet come along, such as a new workflow or a new signal);
 2. record a history of the new branch: add it to tests/workflows/branches.py, then
    `.venv/bin/python -m scripts.record_histories`; never record an old one again;
 3. see tests/workflows/test_replay.py pass;
 4. `.venv/bin/python -m scripts.pin_commands`, and commit the file together with the change.
docs/operating.md says how to deploy it while posts are in flight.
"""


def test_workflow_code_gives_the_commands_that_are_pinned() -> None:
    now, before = commands(), pinned()
    changes = [
        f"  {name}: {before.get(name, 'nothing')} -> {now.get(name, 'nothing')}"
        for name in sorted(now.keys() | before.keys())
        if now.get(name) != before.get(name)
    ]

    assert not changes, LESSON.format(file="tests/workflows/commands.json", changes="\n".join(changes))


def test_the_pins_know_every_kind_of_command() -> None:
    given = {command.split()[0] for commands_of in pinned().values() for command in commands_of}

    assert {
        "execute_activity_method", "execute_local_activity_method", "wait_condition", "patched",
        "upsert_search_attributes", "continue_as_new",
    } <= given  # fmt: skip
