from . import test_case, test_case_moves, test_pure
