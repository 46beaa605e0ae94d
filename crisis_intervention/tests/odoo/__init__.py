from . import (
    test_database_errors,
    test_house,
    test_js,
    test_once,
    test_ours,
    test_overrides,
    test_pressed_twice,
    test_school_limits,
    test_tours,
    test_uninstall,
    test_upgrade_guard,
)
