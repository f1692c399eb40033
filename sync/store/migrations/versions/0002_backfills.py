"""How far history has been read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.store.types import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of backfills."""
    op.create_table(
        "backfills",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("asked_since", UtcDateTime(), nullable=True),
        sa.Column("asked_until", UtcDateTime(), nullable=True),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("partitions", sa.JSON(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("reached", UtcDateTime(), nullable=False),
        sa.Column("slice_since", UtcDateTime(), nullable=True),
        sa.Column("cursors", sa.JSON(), nullable=False),
        sa.Column("span_s", sa.Integer(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("started", UtcDateTime(), nullable=False),
        sa.Column("finished", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("connection", "stream", name=op.f("pk_backfills")),
    )
