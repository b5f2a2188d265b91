"""Times as the server writes them: UTC, to the millisecond, without a zone."""

from datetime import UTC, datetime


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def seconds() -> int:
    return int(datetime.now(UTC).timestamp())
