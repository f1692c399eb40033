"""Log lines with fields: ``instant level logger message key=value …``, one line an event."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from sync.show.text import clean

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class FieldsFormatter(logging.Formatter):
    """One line an event, instants in UTC; fields given by ``extra`` follow the message.

    What comes from a tool is made safe for a terminal.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line, and a traceback below it when there is one."""
        instant = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        fields = " ".join(f"{k}={_value(v)}" for k, v in vars(record).items() if k not in _STANDARD)
        line = f"{instant} {record.levelname} {record.name} {_one_line(record.getMessage())} {fields}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())


def _value(value: object) -> str:
    text = _one_line(str(value))
    return text if text and " " not in text and "=" not in text else json.dumps(text, ensure_ascii=False)
