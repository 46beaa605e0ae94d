from . import (
    test_house,
    test_js,
    test_tours,
)
