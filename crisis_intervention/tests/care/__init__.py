from . import (
    test_documents_loop,
    test_loop_records,
    test_plan,
)
