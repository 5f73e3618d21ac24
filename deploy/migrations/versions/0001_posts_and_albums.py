"""Posts, albums, their stages and the outbox."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    sql = Path(__file__).parents[1] / "sql" / "0001_posts_and_albums.sql"
    for statement in sql.read_text(encoding="utf-8").split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead: a downgrade would drop posts")
