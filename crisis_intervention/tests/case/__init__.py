from . import (
    test_case,
    test_case_audience,
    test_case_moves,
    test_concurrency,
    test_escalation,
    test_handover,
    test_loop_closing,
    test_query_counts,
    test_school_year,
    test_stage_gates,
    test_timeline,
)
