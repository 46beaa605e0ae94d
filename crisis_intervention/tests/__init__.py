from . import (
    test_access_matrix,
    test_case,
    test_case_moves,
    test_class_promote,
    test_concern,
    test_concern_restricted,
    test_concern_triage,
    test_js,
    test_leaks,
    test_pure,
    test_student,
    test_student_import,
)
