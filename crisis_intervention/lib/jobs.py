"""Long jobs: when what was set aside is tried again, how long the rest takes. Pure arithmetic, no ORM."""

from datetime import timedelta

# After the first failure; each further one doubles it.
FIRST_PAUSE = timedelta(hours=1)
LONGEST_PAUSE = timedelta(days=7)
# In place of the first pause where somebody waits for it, such as for a call: it is tried in every run.
NO_PAUSE = timedelta(0)


def pause(attempts: int, first: timedelta = FIRST_PAUSE) -> timedelta:
    """Return how long what has failed ``attempts`` times is left alone: an hour, two, … a week.

    :param first: after the first failure; ``NO_PAUSE``: not at all, however often
    """
    doubled = min(max(attempts, 1) - 1, 20)  # far past the longest one
    return min(first * 2**doubled, LONGEST_PAUSE)


def time_left(done: int, remaining: int, seconds: float) -> timedelta | None:
    """Return how long the rest takes at the pace so far; None where there is no pace yet.

    :param done: things dealt with in ``seconds`` of work
    :param remaining: things left
    """
    if done <= 0 or seconds <= 0:
        return None
    return timedelta(seconds=round(seconds * remaining / done))
