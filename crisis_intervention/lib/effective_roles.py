"""Which groups of a user count: none that only a role opens which nobody has confirmed. No ORM."""

from collections.abc import Collection, Mapping, Set


def reached(
    start: Collection[int],
    implied: Mapping[int, Collection[int]],
    closed: Set[int] = frozenset(),
) -> set[int]:
    """Return ``start`` and all that it implies, without what leads through ``closed`` groups only.

    :param implied: group to the groups that it implies directly
    """
    found: set[int] = set()
    ahead = list(start)
    while ahead:
        group = ahead.pop()
        if group not in found and group not in closed:
            found.add(group)
            ahead.extend(implied.get(group, ()))
    return found


def effective(
    stored: Collection[int],
    implied: Mapping[int, Collection[int]],
    roles: Set[int],
    carried: Mapping[int, Set[int]],
    confirmed: Set[int],
) -> set[int]:
    """Return the groups that count for one user.

    :param stored: groups given to the user
    :param implied: group to the groups that it implies directly
    :param roles: groups that count only when they are confirmed, however they are reached
    :param carried: group that counts only as part of a role, to the roles that bring it along
    :param confirmed: roles of the user that are confirmed
    """
    closed = roles - confirmed
    held = reached(stored, implied, closed | carried.keys())
    parts = {group for group, bringing in carried.items() if not bringing & held}
    return reached(stored, implied, closed | parts)
