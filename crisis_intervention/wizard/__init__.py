from . import (
    base_import_import,
    crisis_assessment_compare,
    crisis_assessment_decide,
    crisis_assessment_transcribe,
    crisis_case_change_wizard,
    crisis_class_promote,
    crisis_concern_restrict,
    crisis_concern_triage,
    crisis_concern_triage_line,
    crisis_handover,
    crisis_instrument_import,
    crisis_student_register,
)
