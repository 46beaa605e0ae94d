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


def parsed(lines: Iterable[str], database: str) -> Iterator[Anchor]:
    """Yield the anchors of one database; lines that are none are left out."""
    for line in lines:
        match = _LINE.fullmatch(line.strip())
        if match and match[2] == database:
            yield Anchor(match[1], match[2], End(int(match[3]), match[4]), match[5])


def known_ends(
    anchors: Iterable[Anchor], verifies: Callable[[str, str], bool | None]
) -> dict[int, str]:
    """Return dict of number to link of the anchors that this server has signed.

    :param verifies: see ``disclosure_chain.Walk``; where the key is not known any more, the line counts
    """
    return {
        anchor.end.number: anchor.end.hash
        for anchor in anchors
        if verifies(anchor.signature, anchor.signed_text()) is not False
    }
