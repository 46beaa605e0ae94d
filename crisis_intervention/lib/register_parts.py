"""Archived rows of the register: one JSON line each, compressed, and their digest. No ORM."""

import gzip
import hashlib
import heapq
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_LEVEL = 6


@dataclass(frozen=True)
class Part:
    """Rows of the register as they are kept in an archive.

    :ivar content: JSON lines, compressed with gzip
    :ivar digest: SHA-256 (hex) of the digest of the part before and of all lines
    """

    content: bytes
    digest: str
    count: int
    first: int
    last: int


def packed(previous: str, rows: Iterable[dict[str, Any]]) -> Part:
    """Return rows, in the order of their numbers, as a part.

    :param previous: digest of the part before
    :param rows: dicts of columns: values that JSON knows, and moments (UTC, naive)
    """
    hashed = hashlib.sha256(previous.encode())
    numbers: list[int] = []
    buffer = io.BytesIO()
    # without the moment of writing: the same rows are the same file
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=_LEVEL, mtime=0) as file:
        for row in rows:
            line = _line(row)
            hashed.update(line)
            file.write(line)
            numbers.append(row["number"])
    return Part(
        buffer.getvalue(),
        hashed.hexdigest(),
        len(numbers),
        min(numbers, default=0),
        max(numbers, default=0),
    )


def _line(row: dict[str, Any]) -> bytes:
    values = {n: v.isoformat() if isinstance(v, datetime) else v for n, v in row.items()}
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def digest_of(previous: str, content: bytes) -> tuple[str, int]:
    """Return the digest and the number of the rows in ``content``, ("", 0) where it is no part.

    :param previous: digest of the part before
    """
    hashed, count = hashlib.sha256(previous.encode()), 0
    try:
        for line in _lines(content):
            hashed.update(line)
            count += 1
    except (OSError, EOFError):
        return "", 0
    return hashed.hexdigest(), count


def rows_of(content: bytes, about: tuple[str, int] | None = None) -> Iterator[dict[str, Any]]:
    """Yield the rows of a part as dicts of columns, with moments as ISO texts.

    :param about: (column, value): only rows that have it
    """
    wanted = about and f'"{about[0]}":{about[1]},'.encode()
    for line in _lines(content):
        # most lines are not worth being parsed
        if not wanted or wanted in line:
            row = json.loads(line)
            if not about or row[about[0]] == about[1]:
                yield row


def _lines(content: bytes) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
        yield from file


def merged(
    sources: Iterable[tuple[int, Callable[[], Iterator[Any]]]], number_of: Callable[[Any], int]
) -> Iterator[Any]:
    """Yield the rows of several sources in the order of their numbers.

    A source is opened when its turn comes, so that few of them are in memory at a time.

    :param sources: (number of its first row, opens it); each is in the order of its numbers
    """
    waiting: list[tuple[int, int, Any, Iterator[Any] | None]] = []
    opens = []
    for index, (first, open_source) in enumerate(sources):
        opens.append(open_source)
        waiting.append((first, index, None, None))
    heapq.heapify(waiting)
    while waiting:
        _number, index, row, iterator = heapq.heappop(waiting)
        if iterator is None:
            iterator = opens[index]()
        else:
            yield row
        following = next(iterator, None)
        if following is not None:
            heapq.heappush(waiting, (number_of(following), index, following, iterator))
