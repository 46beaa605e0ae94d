"""What people do in a simulated school year: every action of the closed loop, by allowed roles.

Each takes the ``SchoolYear``, finds a record it fits to, and returns something true when it was
carried out. Whatever the addon refuses here is a fault.
"""

from . import (
    # in this order: a seed repeats a year only as long as the order stays
    reports,
    case,
    assessments,
    plans,
    sessions,
    guardians,
    care,
    reviews,
    classes,
)
