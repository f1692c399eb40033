"""Records by the mapping that mapped them, in the order of their references."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Put the reference into the index."""
    op.drop_index(op.f("ix_heads_connection_mapped"), table_name="heads")
    op.create_index(op.f("ix_heads_connection_mapped_ref"), "heads", ["connection", "mapped", "ref"])
