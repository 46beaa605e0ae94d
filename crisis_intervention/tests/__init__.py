from . import (
    test_case,
    test_case_moves,
    test_concern,
    test_concern_restricted,
    test_concern_triage,
    test_js,
    test_pure,
)
