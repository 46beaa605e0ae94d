from . import (
    crisis_job,
    crisis_job_fault,
    crisis_clock,
    crisis_sending,
)
