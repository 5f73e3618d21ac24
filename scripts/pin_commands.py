"""Writes down the commands of workflow code, after a change of them was gated: see tests/workflows/test_commands.py.

.venv/bin/python -m scripts.pin_commands
"""

from tests.workflows.commands import pin

if __name__ == "__main__":
    pin()
