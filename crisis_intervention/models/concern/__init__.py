from . import (
    # what a report is made of
    crisis_concern_duty,
    crisis_concern_restricted,
    crisis_concern,
    crisis_concern_addendum,
    crisis_body_mark,
)
