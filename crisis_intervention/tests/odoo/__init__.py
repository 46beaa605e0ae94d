from . import (
    test_js,
    test_tours,
)
