from . import (
    test_assessment,
    test_instrument,
    test_instrument_check,
    test_instrument_exchange,
)
