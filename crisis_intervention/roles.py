"""Groups as ``groups=`` strings, so that fields, actions and tests name an audience once."""

_PREFIX = "crisis_intervention.group_"

PSYCHOLOGY = f"{_PREFIX}psychology_teacher"
MORAL_EDUCATION = f"{_PREFIX}moral_education"
PRINCIPAL = f"{_PREFIX}principal"

# Those who decide on reports and work cases.
TRIAGE = f"{PSYCHOLOGY},{MORAL_EDUCATION},{PRINCIPAL}"
# Those who may read the confidential side of a case; only psychology teachers write it.
CONFIDENTIAL = f"{PSYCHOLOGY},{PRINCIPAL}"
