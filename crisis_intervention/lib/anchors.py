"""Ends of the register as they are kept outside of the database: one line each. No ORM."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from .disclosure_chain import End

_LINE = re.compile(r"(\S+Z) (\S+) (\d+) ([0-9a-f]{64}) (\S+)")


@dataclass(frozen=True)
class Anchor:
    """The end of the register at a moment.

    :ivar moment: UTC, ISO 8601 with Z
    :ivar database: the database it is of (its UUID)
    :ivar signature: by the key of the server
    """

    moment: str
    database: str
    end: End
    signature: str = ""

    def signed_text(self) -> str:
        """Return what is signed."""
        return f"anchor:{self.moment}:{self.database}:{self.end.signed_text()}"

    def line(self) -> str:
        """Return the line of the file."""
        return f"{self.moment} {self.database} {self.end.number} {self.end.hash} {self.signature}"


def parsed(lines: Iterable[str]) -> Iterator[Anchor]:
    """Yield the anchors of all databases; lines that are none are left out."""
    for line in lines:
        match = _LINE.fullmatch(line.strip())
        if match:
            yield Anchor(match[1], match[2], End(int(match[3]), match[4]), match[5])


@dataclass(frozen=True)
class GivenUp:
    """Anchors that do not count, as a backup was rightly restored.

    :ivar moment: only those written until then (UTC, ISO 8601 with Z)
    :ivar first: only those with a number from this one on
    :ivar last: and up to this one
    """

    moment: str
    first: int
    last: int

    def holds(self, anchor: Anchor) -> bool:
        """Tell whether ``anchor`` is one of them."""
        return anchor.moment <= self.moment and self.first <= anchor.end.number <= self.last


def known_ends(
    anchors: Iterable[Anchor],
    verifies: Callable[[str, str], bool | None],
    given_up: Iterable[GivenUp] = (),
) -> dict[int, str]:
    """Return dict of number to link of the anchors that this server has signed.

    The first one of a number counts: a register that was taken back writes others later.

    :param verifies: see ``disclosure_chain.Walk``; where the key is not known any more, the line counts
    """
    given_up = list(given_up)
    known: dict[int, str] = {}
    for anchor in anchors:
        if any(part.holds(anchor) for part in given_up):
            continue
        if verifies(anchor.signature, anchor.signed_text()) is not False:
            known.setdefault(anchor.end.number, anchor.end.hash)
    return known
