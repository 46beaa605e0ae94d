from . import (
    test_approved,
    test_approved_at_once,
    test_documents_loop,
    test_loop_decisions,
    test_loop_records,
    test_overview,
    test_plan,
)
