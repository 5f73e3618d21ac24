"""Brakes that only a human lets go: what their provider failed at is the key, or the account."""

from pathlib import Path

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    sql = Path(__file__).parents[1] / "sql" / "0009_brakes_for_humans.sql"
    for statement in sql.read_text(encoding="utf-8").split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
