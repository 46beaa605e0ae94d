"""Which records the values name that a client sends for a form or a record. No ORM."""

from collections.abc import Iterator
from typing import Any

_CREATE, _UPDATE, _DELETE, _UNLINK, _LINK, _CLEAR, _SET = range(7)


def link_ids(value: Any) -> list[int]:
    """Return the id that a many2one value names, as a list of at most one.

    Forms send a number, or a pair with the name, or a dict with the id. The database would take a
    text or a decimal number for the id as well.
    """
    if isinstance(value, dict):
        value = value.get("id")
    elif isinstance(value, (list, tuple)):
        value = value[0] if value else None
    try:
        return [int(value)] if not isinstance(value, bool) and int(value) > 0 else []
    except (TypeError, ValueError, OverflowError):
        return []


def command_ids(value: Any) -> list[int]:
    """Return the ids that the commands of an x2many value name, or a bare list of ids."""
    if not isinstance(value, (list, tuple)):
        return []
    ids: list[int] = []
    for command in value:
        if not isinstance(command, (list, tuple)):
            ids += link_ids(command)
        elif command and command[0] == _SET:
            ids += [id_ for each in (command[2] or ()) for id_ in link_ids(each)]
        elif len(command) > 1 and command[0] in (_UPDATE, _DELETE, _UNLINK, _LINK):
            ids += link_ids(command[1])
    return ids


def command_values(value: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield id (0: a new line) and values of each line that x2many commands fill in.

    A dict in place of a command, or of an id, fills in a record as well.
    """
    for command in value if isinstance(value, (list, tuple)) else ():
        if isinstance(command, dict):
            yield next(iter(link_ids(command)), 0), command
        if not isinstance(command, (list, tuple)) or len(command) < 3:
            continue
        if command[0] in (_CREATE, _UPDATE, _LINK) and isinstance(command[2], dict):
            yield next(iter(link_ids(command[1])), 0), command[2]


def reference(value: Any) -> tuple[str, int] | None:
    """Return model and id that a reference value such as ``model,id`` names, or None."""
    model, _comma, id_ = value.partition(",") if isinstance(value, str) else ("", "", "")
    return next(((model, number) for number in link_ids(id_)), None)
