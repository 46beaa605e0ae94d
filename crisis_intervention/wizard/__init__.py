from . import (
    base_import_import,
    crisis_case_change_wizard,
    crisis_class_promote,
    crisis_concern_restrict,
    crisis_concern_triage,
    crisis_concern_triage_line,
    crisis_handover,
    crisis_student_register,
)
