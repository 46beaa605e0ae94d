"""A simulated school year, lived through by random steps that a seed repeats.

What people do stands in ``actions``, what they must not do in ``refusals``, what must hold after
every step in ``oracle``.
"""

from . import actions, refusals  # they register themselves
from .registry import ACTIONS, REFUSALS
from .year import CASES, SchoolYear
