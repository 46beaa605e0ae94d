# Odoo finds test modules by their names here, whatever room they are in.
from .lib import (
    test_num2words_zh,
    test_pdf_pages,
    test_pure,
    test_register_parts,
    test_scoring,
    test_scoring_generated,
)
from .school import (
    test_class_promote,
    test_student,
    test_student_import,
)
from .concern import (
    test_concern,
    test_concern_restricted,
    test_concern_triage,
    test_person_concerned,
)
from .case import (
    test_case,
    test_case_audience,
    test_case_declarations,
    test_case_moves,
    test_concurrency,
    test_escalation,
    test_handover,
    test_loop_closing,
    test_numbers,
    test_query_counts,
    test_school_year,
    test_stage_gates,
    test_timeline,
)
from .care import (
    test_approved,
    test_approved_at_once,
    test_documents_loop,
    test_loop_decisions,
    test_loop_records,
    test_overview,
    test_plan,
)
from .assessment import (
    test_assessment,
    test_instrument,
    test_instrument_check,
    test_instrument_exchange,
)
from .privacy import (
    test_access_beside,
    test_access_fields,
    test_access_grant,
    test_access_matrix,
    test_attack_fields,
    test_attack_ids,
    test_attack_methods,
    test_code_left_behind,
    test_damaged,
    test_destruction,
    test_disclosure,
    test_export,
    test_files,
    test_followers,
    test_forgery,
    test_identity,
    test_leak_crawler,
    test_leaks,
    test_leaks_doors,
    test_leaks_outsiders,
    test_person_request,
    test_register,
    test_register_archive,
    test_register_commit,
    test_register_state,
    test_role_confirmation,
    test_same_answer,
    test_sealed,
    test_sealed_files,
    test_sealed_reading,
    test_signatures,
    test_walls,
)
from .emergency import (
    test_emergency,
    test_emergency_after,
    test_emergency_crowd,
    test_emergency_drill,
    test_emergency_run,
    test_emergency_tours,
    test_protocol,
)
from .server import (
    test_clock,
    test_jobs,
    test_sending,
)
from .odoo import (
    test_house,
    test_js,
    test_ours,
    test_overrides,
    test_school_limits,
    test_tours,
    test_uninstall,
    test_upgrade_guard,
)
