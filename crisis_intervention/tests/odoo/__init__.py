from . import (
    test_house,
    test_input,
    test_js,
    test_machine_faults,
    test_ours,
    test_overrides,
    test_school_limits,
    test_tours,
    test_upgrade_guard,
)
