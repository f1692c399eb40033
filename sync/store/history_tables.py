"""The tables of what was known when: only ever appended to, so that an earlier state can be rebuilt.

A version in ``records`` became the head of its record when it was stored: that is told there, and by no second row.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sync.store.tables import Base
from sync.store.types import CompressedJson

_Seq = BigInteger().with_variant(Integer(), "sqlite")  # SQLite counts up by itself only in an INTEGER key


class HeadChangeRow(Base):
    """A change of a head that no new version tells: gone, back, moved, or an earlier version again.

    Attributes:
        at: When we learned it: the beginning of the run. Of what an earlier release did not note: at the latest then.
        run: The run; empty: an earlier release did not note it.
        record_seq: The version that is the head from then on.
        after: It comes after all versions up to this ``seq``, and before all later ones.
    """

    __tablename__ = "head_changes"
    __table_args__ = (Index(None, "ref"), Index(None, "at"))

    seq: Mapped[int] = mapped_column(_Seq, primary_key=True)
    ref: Mapped[str]
    at: Mapped[datetime]
    run: Mapped[str]
    record_seq: Mapped[int] = mapped_column(_Seq, ForeignKey("records.seq"))
    after: Mapped[int] = mapped_column(_Seq)
    partition: Mapped[str]
    key: Mapped[str]
    gone: Mapped[bool]


class ReadRow(Base):
    """How far the partitions of a connection were read after a run that read any of them.

    Attributes:
        at: The beginning of the run.
        data: Stream -> partition key -> [instant up to which it is completely read or null, why it could not be read].
    """

    __tablename__ = "reads"
    __table_args__ = (UniqueConstraint("connection", "run"),)

    seq: Mapped[int] = mapped_column(_Seq, primary_key=True)
    connection: Mapped[str]
    run: Mapped[str]
    at: Mapped[datetime]
    data: Mapped[Any] = mapped_column(CompressedJson)


class CatalogVersionRow(Base):
    """A catalog that differed from the one before it, and since when it was the latest."""

    __tablename__ = "catalog_versions"
    __table_args__ = (Index(None, "connection"),)

    seq: Mapped[int] = mapped_column(_Seq, primary_key=True)
    connection: Mapped[str]
    at: Mapped[datetime]
    digest: Mapped[str] = mapped_column(String(32))
    data: Mapped[Any] = mapped_column(CompressedJson)


class MadeWithRow(Base):
    """What results were made with from an instant on, beside records: see ``sync.store.made_with``."""

    __tablename__ = "made_with"

    seq: Mapped[int] = mapped_column(_Seq, primary_key=True)
    what: Mapped[str]
    digest: Mapped[str]
    at: Mapped[datetime]
    run: Mapped[str]
