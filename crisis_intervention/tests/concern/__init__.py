from . import (
    test_concern,
    test_concern_restricted,
    test_concern_triage,
    test_person_concerned,
)
