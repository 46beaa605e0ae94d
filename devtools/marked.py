"""Text between marks in a document, which is made by a command."""

from .common import DevError


def fill(text: str, mark: str, content: str) -> str:
    """Return a document's text with ``content`` between the marks called ``mark``.

    :raises DevError: the marks are not there
    """
    first, last = f"<!-- {mark} -->", f"<!-- end of {mark} -->"
    before, begin, rest = text.partition(first)
    _old, end, after = rest.partition(last)
    if not begin or not end:
        raise DevError(f"The marks {first} and {last} are missing.")
    return f"{before}{first}\n{content}\n{last}{after}"
