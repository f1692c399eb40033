"""Alembic's environment and versions; run when a store is opened."""
