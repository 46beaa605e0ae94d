"""The hash chain of the register: what a link holds, and where a chain breaks. No ORM.

A link is the SHA-256 of the one before and of all that a row says. Rows from 19.0.4.0.0 on are signed
by themselves as well: a row that was changed is found by itself, also where whoever changed it has
computed all later links anew. Rows from before hang on their links alone, up to the signed row behind
them.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

START = "0" * 64


_encoded = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def link(previous: str, content: Iterable[object]) -> str:
    """Return the SHA-256 (hex) of a row: of the hash before it, and of everything the row says.

    :param content: values that JSON knows, and moments (UTC, naive)
    """
    return _digest(previous, _told(content))


def _told(content: Iterable[object]) -> str:
    """Return values as a list in JSON."""
    return _encoded([v.isoformat() if isinstance(v, datetime) else v for v in content])


def _digest(previous: str, told: str) -> str:
    """Return the link of a row that says ``told`` (a list in JSON), behind ``previous``."""
    text = f"[{_encoded(previous)}{',' if told != '[]' else ''}{told[1:]}"
    return hashlib.sha256(text.encode()).hexdigest()


class End(NamedTuple):
    """The end of a chain: how far it goes, and its last link."""

    number: int = 0
    hash: str = START

    def signed_text(self) -> str:
        """Return the text that the end is signed by."""
        return f"{self.number}:{self.hash}"


class Row(NamedTuple):
    """One row of the register: its place, its link, its signature, and what it says.

    ``signature`` is empty in rows from before 19.0.4.0.0.
    """

    number: int
    hash: str
    signature: str
    content: tuple[object, ...]

    @property
    def end(self) -> End:
        """Return the chain up to this row."""
        return End(self.number, self.hash)

    def signed_text(self) -> str:
        """Return the text that this row is signed by, whatever stands before it."""
        return row_text(self.end, self.content)

    def told(self) -> str:
        """Return the number and what the row says, as a list in JSON."""
        return _told((self.number, *self.content))


def row_text(end: End, content: tuple[object, ...]) -> str:
    """Return the text that a row is signed by.

    :param end: place and link of the row
    """
    return f"{end.signed_text()}:{link('', (end.number, *content))}"


def chained(
    end: End, contents: Iterable[tuple[object, ...]], sign: Callable[[str], str]
) -> list[Row]:
    """Return the rows that continue a chain.

    :param end: where it ended
    :param contents: what each row says
    :param sign: returns a signature of a text
    """
    rows = []
    for content in contents:
        number = end.number + 1
        end = End(number, link(end.hash, (number, *content)))
        rows.append(Row(end.number, end.hash, sign(row_text(end, content)), content))
    return rows


@dataclass(frozen=True)
class Fault:
    """Something in the register that is not as the system has left it.

    Problems, by code: ``changed`` (row ``number`` does not say what it said), ``missing`` (rows
    ``number`` to ``last`` are gone), ``linked`` (row ``number`` is genuine, but does not continue the
    one before, as where two histories were mixed), ``tail`` (rows after ``number`` are gone, up to
    ``last``), ``beyond`` (there are rows after the signed end), ``head`` (the end is not signed by
    this server), ``no_head`` (there is no end), ``unnumbered`` (rows outside of the chain), ``entry``
    (row ``number`` is hidden behind a reading that is not the same), ``older`` (row ``number`` is
    known outside as another one, or not there at all: the register was taken back), ``anchors`` (what
    is outside knows nothing of ends up to ``number``, and did so before), ``anchors_file`` (it cannot
    be read).
    """

    problem: str
    number: int = 0
    last: int = 0


class Walk:
    """Goes along a chain, row by row, and keeps what it finds.

    :param verifies: tells whether a text fits a signature; None where its key is not known any more
    :param anchors: dict of number to link, as they are known outside of the database
    :param rotated: number of the row that tells of the last change of keys: rows behind it are signed
        with a key that is known
    """

    def __init__(
        self,
        verifies: Callable[[str, str], bool | None],
        anchors: dict[int, str] | None = None,
        rotated: int = 0,
    ):
        self._verifies = verifies
        self._anchors = anchors or {}
        self._rotated = rotated
        self._signed = False
        # whether the link of the last row seen can be relied on
        self._sound = True
        self.end = End()
        self.count = 0
        self.faults: list[Fault] = []

    def state(self) -> dict[str, Any]:
        """Return where it is, as JSON knows it: another walk goes on from there."""
        return {
            "end": list(self.end),
            "count": self.count,
            "signed": self._signed,
            "sound": self._sound,
            "faults": [[fault.problem, fault.number, fault.last] for fault in self.faults],
        }

    def go_on(self, state: dict[str, Any]) -> None:
        """Go on from where another walk was.

        :param state: see ``state``
        """
        self.end, self.count = End(*state["end"]), state["count"]
        self._signed, self._sound = state["signed"], state["sound"]
        self.faults = [Fault(*fault) for fault in state["faults"]]

    def see(self, rows: Iterable[Row]) -> None:
        """Check rows, which are in the order of their numbers and go on from those before."""
        for row in rows:
            if row.number > self.end.number + 1:
                self.faults.append(Fault("missing", self.end.number + 1, row.number - 1))
                self._sound = False
            problem = self._problem(row)
            if problem:
                self.faults.append(Fault(problem, row.number))
            if self._anchors.get(row.number, row.hash) != row.hash:
                self.faults.append(Fault("older", row.number))
            self._signed = self._signed or bool(row.signature)
            self._sound = not problem
            self.count += 1
            self.end = row.end

    def _problem(self, row: Row) -> str:
        """Return what is wrong with ``row``, "" if nothing is."""
        if not row.signature and self._signed:
            return "changed"
        told = row.told()
        genuine = None
        if row.signature:
            text = f"{row.end.signed_text()}:{_digest('', told)}"
            genuine = self._verifies(row.signature, text)
        if genuine is False or (row.signature and genuine is None and row.number > self._rotated):
            return "changed"
        if self._sound and _digest(self.end.hash, told) != row.hash:
            # what is signed by itself is not what was changed
            return "linked" if genuine else "changed"
        return ""

    def finish(self, head: End | None, is_signed: bool) -> None:
        """Compare what was seen with the end that is kept beside the rows.

        :param head: that end; None where there is none
        :param is_signed: the server has signed it
        """
        if head is None:
            self.faults.append(Fault("no_head", self.end.number))
        elif not is_signed:
            self.faults.append(Fault("head", head.number))
        elif head.number > self.end.number:
            self.faults.append(Fault("tail", self.end.number, head.number))
        elif head.number < self.end.number:
            self.faults.append(Fault("beyond", head.number, self.end.number))
        elif head.hash != self.end.hash:
            self.faults.append(Fault("head", head.number))
        last = max(self._anchors, default=0)
        if last > self.end.number:
            self.faults.append(Fault("older", last))


def first_faults(faults: Iterable[Fault], limit: int) -> Iterator[Fault]:
    """Yield the faults, of each problem the first ``limit``."""
    seen: dict[str, int] = {}
    for fault in faults:
        seen[fault.problem] = seen.get(fault.problem, 0) + 1
        if seen[fault.problem] <= limit:
            yield fault
