from . import (
    crisis_same_answer,
    crisis_record,
    crisis_numbering,
    crisis_quiet_thread,
    crisis_confidential,
    crisis_append_only,
    crisis_kept_record,
    crisis_case_record,
    crisis_signed_record,
    crisis_approval_mixin,
    crisis_waivable,
    crisis_document,
)
