from . import (
    test_house,
    test_js,
    test_once,
    test_ours,
    test_pressed_twice,
    test_school_limits,
    test_tours,
    test_upgrade_guard,
)
