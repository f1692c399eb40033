"""Alembic's environment: the connection is handed over by ``sync.store.database``; there is no offline mode."""

from __future__ import annotations

from alembic import context

from sync.store.history_tables import ReadRow

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=ReadRow.metadata,  # of all tables: that module builds on the other one
    render_as_batch=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
