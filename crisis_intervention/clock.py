"""The clock of the server: whether what hangs on it and cannot be taken back may be done now.

Functions of a module, so that code that an administrator enters declares no clock to be right.
"""

from odoo import fields
from odoo.tools import SQL

from .lib.clock import STEADY_HOURS, jumped

MODEL = "crisis.clock"


def database_now(env):
    """Return what the clock of the database tells (UTC, naive)."""
    [[now]] = env.execute_query(SQL("SELECT clock_timestamp() AT TIME ZONE 'UTC'"))
    return now


def judged(env, stretch):
    """Return what is wrong with the clock now, see ``lib.clock.jumped``.

    :param stretch: the newest ``crisis.clock``, or none
    """
    return jumped(stretch.date_beat or None, fields.Datetime.now(), database_now(env))


def newest(env):
    """Return the newest ``crisis.clock``; empty where the clock was never looked at."""
    # sudo: crisis.clock - moments of the server; of no child, and the callers return no more
    return env[MODEL].sudo().search([], limit=1)


def is_steady(env):
    """Tell whether the clock can be believed: it ran steadily for a day, or somebody confirmed it."""
    stretch = newest(env)
    if not stretch or judged(env, stretch):
        return False
    return bool(stretch.date_confirmed) or stretch._hours() >= STEADY_HOURS


def steady_hours(env):
    """Return for how many hours the clock was seen to run, jumps and standstills left out.

    It only grows, so that days are counted by it that no jump of the clock makes shorter.
    """
    stretch = newest(env)
    return stretch.hours_before + stretch._hours() if stretch else 0.0
