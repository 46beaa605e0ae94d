from . import (
    test_emergency,
    test_emergency_after,
    test_emergency_crowd,
    test_emergency_tours,
)
