"""Groups as ``groups=`` strings, so that fields, actions and tests name an audience once."""

_PREFIX = "crisis_intervention.group_"

PSYCHOLOGY = f"{_PREFIX}psychology_teacher"
MORAL_EDUCATION = f"{_PREFIX}moral_education"
PRINCIPAL = f"{_PREFIX}principal"
CONFIGURATOR = f"{_PREFIX}configurator"
DISTRICT = f"{_PREFIX}district"

# Those who decide on reports and work cases: the technical group that these three roles bring along.
TRIAGE = f"{_PREFIX}case_worker"
# Those who may read the confidential side of a case; only psychology teachers write it.
CONFIDENTIAL = f"{PSYCHOLOGY},{PRINCIPAL}"

HEAD_TEACHER = f"{_PREFIX}head_teacher"
DOCTOR = f"{_PREFIX}school_doctor"
_SECURITY = f"{_PREFIX}security_officer"

# Those who handle emergencies of the whole school, and read what was learned from them.
EMERGENCY = f"{DOCTOR},{_SECURITY},{TRIAGE}"
STAFF = f"{_PREFIX}staff"

# Roles that open files of children: they count only for whom a principal has confirmed in them.
# Head teachers are not among them: they see a class only after one of these put them in charge of it.
EXPORT = f"{_PREFIX}export"
CONFIRMED = (
    PSYCHOLOGY,
    MORAL_EDUCATION,
    PRINCIPAL,
    DOCTOR,
    _SECURITY,
    DISTRICT,
    EXPORT,
)
# Roles that bring the technical group of case workers along.
WORKERS = (PSYCHOLOGY, MORAL_EDUCATION, PRINCIPAL)

# Identity numbers and birth dates: head teachers are left out, as a field group opens the field of
# every student they can see, and they see the names of all.
DIRECTORY = f"{DOCTOR},{TRIAGE}"
# Records of the class history are limited to the own class by a rule, so head teachers are in.
HISTORY = f"{HEAD_TEACHER},{DIRECTORY}"
GUARDIAN_READERS = f"{_SECURITY},{HISTORY}"
