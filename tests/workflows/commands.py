"""The commands that workflow code gives to the engine, read from its source: what, and in which order."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

WORKFLOWS: Final = Path(__file__).parents[2] / "workflows"
PINNED: Final = Path(__file__).with_name("commands.json")

#: Calls of ``temporalio.workflow`` that write something into a history, or decide what is written.
_COMMANDS: Final = frozenset(
    {
        "execute_activity_method", "execute_local_activity_method", "start_activity_method",
        "start_local_activity_method", "execute_activity", "execute_local_activity", "execute_child_workflow",
        "start_child_workflow", "sleep", "wait_condition", "wait", "upsert_search_attributes", "upsert_memo",
        "continue_as_new", "patched", "deprecate_patch", "signal_with_start_workflow",
    }
)  # fmt: skip


def commands() -> dict[str, list[str]]:
    """Return for each function of workflow code that gives commands: what it gives, from top to bottom."""
    found = (pair for path in sorted(WORKFLOWS.glob("*.py")) for pair in _of_module(path))
    return {name: given for name, given in found if given}


def pinned() -> dict[str, list[str]]:
    """Return what the file says."""
    known: dict[str, list[str]] = json.loads(PINNED.read_text(encoding="utf-8"))
    return known


def pin() -> None:
    """Write down what the code gives now."""
    PINNED.write_text(json.dumps(commands(), indent=1) + "\n", encoding="utf-8")


def _of_module(path: Path) -> Iterator[tuple[str, list[str]]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        owner, functions = (node.name + ".", node.body) if isinstance(node, ast.ClassDef) else ("", [node])
        for function in functions:
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.stem}.{owner}{function.name}", [c for c in map(_command, _calls(function)) if c]


def _calls(function: ast.AST) -> list[ast.Call]:
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    return sorted(calls, key=lambda call: (call.end_lineno or 0, call.end_col_offset or 0))


def _command(call: ast.Call) -> str:
    match call.func:
        case ast.Attribute(value=ast.Name(id="workflow"), attr=name) if name in _COMMANDS:
            what = next((_named(argument) for argument in call.args[:1]), "")
            return f"{name} {what}".strip()
    return ""


def _named(argument: ast.expr) -> str:
    """What is commanded, where a name says it; conditions and values do not count."""
    match argument:
        case ast.Attribute(value=ast.Name(id=owner), attr=name) if owner.endswith("Activities"):
            return f"{owner}.{name}"
        case ast.Name(id=name) if name.startswith("_") or name == "method":
            return name
        case ast.Constant(value=str(text)):
            return text
    return ""
