"""What was known when: how heads changed, how far partitions were read, catalogs, what results were made with.

Of a store of an earlier release the past begins with its versions, which say when they were stored. What it did not
note, such as when a record went, is dated at its last run: at the latest then it was known.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.store.types import CompressedJson, UtcDateTime, digest

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_SEQ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_HEADS = sa.text(
    "INSERT INTO head_changes (ref, at, run, record_seq, after, partition, key, gone)"
    " SELECT h.ref, :at, '', h.record_seq, (SELECT max(seq) FROM records), h.partition, h.key, h.gone"
    " FROM heads h JOIN records r ON r.seq = h.record_seq"
    " WHERE h.gone <> r.deleted OR h.partition <> r.partition OR h.key <> r.key OR h.record_seq <> (SELECT max(x.seq)"
    " FROM records x WHERE x.connection = h.connection AND x.stream = h.stream AND x.id = h.id) ORDER BY h.ref"
).bindparams(sa.bindparam("at", type_=UtcDateTime()))


def upgrade() -> None:
    """Make the tables, and fill them with what is known."""
    _make()
    bind = op.get_bind()
    last = sa.text("SELECT max(started) AS at FROM runs").columns(at=UtcDateTime())
    stored = sa.text("SELECT max(stored) AS at FROM records").columns(at=UtcDateTime())
    at = bind.scalar(last) or bind.scalar(stored)
    if at is None:
        return
    bind.execute(_HEADS, {"at": at})
    partitions = sa.text("SELECT connection, stream, key, complete_at, error FROM partitions ORDER BY 1, 2, 3")
    reads: dict[str, dict[str, dict[str, list[str | None]]]] = {}
    for connection, stream, key, complete_at, error in bind.execute(partitions.columns(complete_at=UtcDateTime())):
        told = complete_at.isoformat() if complete_at else None
        reads.setdefault(connection, {}).setdefault(stream, {})[key] = [told, error]
    table = sa.table(
        "reads",
        sa.column("connection", sa.Text()),
        sa.column("run", sa.Text()),
        sa.column("at", UtcDateTime()),
        sa.column("data", CompressedJson()),
    )
    for connection, data in reads.items():
        bind.execute(table.insert().values(connection=connection, run="", at=at, data=data))
    catalogs = sa.table("catalogs", sa.column("connection", sa.Text()), sa.column("data", sa.JSON()))
    versions = sa.table(
        "catalog_versions",
        sa.column("connection", sa.Text()),
        sa.column("at", UtcDateTime()),
        sa.column("digest", sa.String(32)),
        sa.column("data", CompressedJson()),
    )
    for connection, data in bind.execute(sa.select(catalogs.c.connection, catalogs.c.data)).all():
        bind.execute(versions.insert().values(connection=connection, at=at, digest=digest(data), data=data))


def _make() -> None:
    op.create_index(op.f("ix_records_stored"), "records", ["stored"])
    op.create_table(
        "head_changes",
        sa.Column("seq", _SEQ, nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("record_seq", _SEQ, nullable=False),
        sa.Column("after", _SEQ, nullable=False),
        sa.Column("partition", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["record_seq"], ["records.seq"], name=op.f("fk_head_changes_record_seq_records")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_head_changes")),
    )
    op.create_index(op.f("ix_head_changes_ref"), "head_changes", ["ref"])
    op.create_index(op.f("ix_head_changes_at"), "head_changes", ["at"])
    op.create_table(
        "reads",
        sa.Column("seq", _SEQ, nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("data", CompressedJson(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_reads")),
        sa.UniqueConstraint("connection", "run", name=op.f("uq_reads_connection_run")),
    )
    op.create_table(
        "catalog_versions",
        sa.Column("seq", _SEQ, nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("data", CompressedJson(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_catalog_versions")),
    )
    op.create_index(op.f("ix_catalog_versions_connection"), "catalog_versions", ["connection"])
    op.create_table(
        "made_with",
        sa.Column("seq", _SEQ, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_made_with")),
    )
