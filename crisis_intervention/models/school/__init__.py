from . import (
    crisis_team,
    crisis_team_member,
    crisis_class,
    crisis_class_move,
    crisis_class_move_line,
    crisis_student_import,
    crisis_student,
    crisis_guardian,
    crisis_class_membership,
    crisis_class_report,
)
