from . import (
    test_class_promote,
    test_student,
    test_student_import,
)
