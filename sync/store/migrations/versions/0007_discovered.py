"""Which engagements were discovered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of discovered engagements."""
    op.create_table(
        "discovered",
        sa.Column("discovery", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("discovery", "key", name=op.f("pk_discovered")),
    )
