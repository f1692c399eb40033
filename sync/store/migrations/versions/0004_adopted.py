"""Other instances whose records were taken over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.store.types import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of adopted instances."""
    op.create_table(
        "adopted",
        sa.Column("instance", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("instance", name=op.f("pk_adopted")),
    )
