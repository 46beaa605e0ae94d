# What a stage may demand; of the versions before 19.0.2.0.0 each had some of these columns.
GATES = ("verified", "level", "assessment", "plan", "plan_approval", "session", "review", "summary")


def migrate(cr, version):
    """Give stages the columns that the scripts of the versions up to 19.0.2.0.0 find gates in."""
    for gate in GATES:
        cr.execute(f"ALTER TABLE crisis_stage ADD COLUMN IF NOT EXISTS gate_{gate} boolean")
