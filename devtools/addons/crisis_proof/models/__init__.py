from . import proof_home_visit, crisis_case
