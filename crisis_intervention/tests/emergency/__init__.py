from . import (
    test_emergency,
    test_emergency_after,
    test_emergency_crowd,
    test_emergency_drill,
    test_emergency_run,
    test_emergency_tours,
    test_protocol,
)
