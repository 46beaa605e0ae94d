from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools.translate import LazyTranslate

from ...lib.declarations import Event, Sharing
from ...roles import EMERGENCY, STAFF, TRIAGE
from .crisis_protocol import KINDS

_lt = LazyTranslate(__name__)

# What whoever starts it says.
START_FIELDS = frozenset(("kind", "place", "student_ids", "is_drill", "company_id"))
# What is written about it afterwards.
AFTER_FIELDS = frozenset(("what_happened", "causes", "what_worked", "what_to_improve", "statement"))
OUTCOMES = [
    ("resolved", "Danger over"),
    ("handed_over", "Handed over to hospital or police"),
    ("false_alarm", "False alarm"),
]


class CrisisEmergency(models.Model):
    """One run of an emergency plan, real or as a drill: who did what, to the second.

    While it runs people act by methods (``crisis.emergency.run``), each of which touches only rows
    of its own, so that ten people at once neither wait for nor overwrite each other.
    """

    _name = "crisis.emergency"
    _description = "Emergency"
    _inherit = [
        "crisis.emergency.start",
        "crisis.emergency.alarm",
        "crisis.emergency.run",
        "crisis.emergency.results",
        "crisis.emergency.board",
        "crisis.emergency.students",
        "crisis.emergency.statement",
        "crisis.emergency.district",
        "crisis.emergency.after",
        "crisis.waivable",
        "crisis.kept.record",
    ]
    _number_prefix = "EM"
    # running ones first: PostgreSQL sorts what has no end before all others
    _order = "date_end desc, id desc"
    _check_company_auto = True
    # photos hang on the events of the timeline, which nobody changes
    _takes_no_files = True
    _locked_states = frozenset(("closed",))

    company_id = fields.Many2one(
        "res.company",
        string="School",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    kind = fields.Selection(KINDS, string="Type", required=True, index=True)
    place = fields.Char(required=True)
    is_drill = fields.Boolean(
        string="Drill",
        index=True,
        help="The same on the screen, but no child's case and no report is ever touched.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Started By",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        default=lambda self: self.env.uid,
    )
    protocol_id = fields.Many2one("crisis.protocol", readonly=True, ondelete="restrict")
    state = fields.Selection(
        [("running", "Running"), ("ended", "Stood down"), ("closed", "Closed")],
        default="running",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    date_start = fields.Datetime(
        string="Started", required=True, readonly=True, copy=False, default=fields.Datetime.now
    )
    date_end = fields.Datetime(string="Stood Down", readonly=True, copy=False)
    ended_by_id = fields.Many2one(
        "res.users", string="Stood Down By", readonly=True, copy=False, ondelete="restrict"
    )
    outcome = fields.Selection(OUTCOMES, readonly=True, copy=False)
    student_ids = fields.Many2many(
        "crisis.student",
        "crisis_emergency_student_rel",
        "emergency_id",
        "student_id",
        string="Students",
        check_company=True,
        ondelete="restrict",
        copy=False,
        groups=STAFF,
        help="May stay empty until it is known who it is.",
    )
    concern_ids = fields.Many2many(
        "crisis.concern",
        string="Reports",
        ondelete="restrict",
        readonly=True,
        copy=False,
        groups=TRIAGE,
    )
    case_ids = fields.Many2many(
        "crisis.case",
        "crisis_emergency_case_rel",
        "emergency_id",
        "case_id",
        string="Cases",
        ondelete="restrict",
        readonly=True,
        copy=False,
        groups=TRIAGE,
    )
    alert_ids = fields.One2many(
        "crisis.emergency.alert", "emergency_id", string="Alerted", readonly=True, groups=STAFF
    )
    step_ids = fields.One2many(
        "crisis.emergency.step", "emergency_id", string="Steps", readonly=True, groups=STAFF
    )
    event_ids = fields.One2many(
        "crisis.emergency.event", "emergency_id", string="Timeline", readonly=True, groups=STAFF
    )
    measure_ids = fields.One2many(
        "crisis.emergency.measure",
        "emergency_id",
        string="Measures",
        copy=False,
        groups=EMERGENCY,
    )
    report_ids = fields.One2many(
        "crisis.emergency.report",
        "emergency_id",
        string="Reports to the District",
        readonly=True,
        copy=False,
        groups=TRIAGE,
    )

    _reference_uniq = models.Constraint(
        "UNIQUE (company_id, name)", "This reference is taken. Please save again."
    )
    _running_idx = models.Index("(company_id) WHERE state = 'running'")
    _drill_is_only_drill = models.Constraint(
        "CHECK(is_drill IS NOT TRUE OR district_company_id IS NULL)",
        "A drill is not reported to the district.",
    )

    @api.constrains("is_drill", "student_ids", "case_ids", "concern_ids")
    def _check_drill(self):
        """Keep drills away from every real child.

        :raises UserError: a drill names a student, or a report or case
        """
        # sudo: crisis.emergency - whether there are any, also for those who may not read them
        for emergency in self.sudo():
            if emergency.student_ids or emergency.case_ids or emergency.concern_ids:
                emergency._refuse_drill()

    def _refuse_drill(self):
        """Refuse what concerns real children.

        :raises UserError: one of these is a drill
        """
        if any(emergency.is_drill for emergency in self):
            raise UserError(
                self.env._("This is a drill: it never touches a real child, case or report.")
            )

    @api.model_create_multi
    def create(self, vals_list):
        """Start emergencies: everybody with a duty is alerted with it.

        :raises AccessError: a drill is started by somebody who does not handle emergencies
        :raises UserError: the place is missing
        """
        self.browse().check_access("create")
        self._check_input(vals_list)
        self._check_may_drill(vals_list)
        self._check_place(*vals_list)
        emergencies = super().create(vals_list)
        # what the system enters afterwards is over: nobody is alerted
        for emergency in emergencies.filtered(lambda e: e.state == "running"):
            emergency._begin()
        return emergencies

    def write(self, vals):
        """Write about it afterwards; while it runs it is changed by its buttons.

        :raises UserError: type, students or kind of run would change, or a released statement
        """
        self._check_input([vals])
        self._check_statement_stays(vals)
        self._check_start_stays(vals)
        self._check_place(vals)
        moved = self.filtered(lambda e: "place" in vals and e.place != vals["place"])
        result = super().write(vals)
        for emergency in moved:
            emergency._log("place")
        return result

    @api.model
    def _check_may_drill(self, vals_list):
        """Let those start drills who handle emergencies.

        :raises AccessError: the user does not
        """
        drill = any(vals.get("is_drill") for vals in vals_list) or self.env.context.get(
            "default_is_drill"
        )
        if drill and not self.env.su and not self.env.user.has_groups(EMERGENCY):
            raise AccessError(
                self.env._(
                    "Drills are started by moral education, principal, psychology teacher, school "
                    "doctor or security."
                )
            )

    def _check_start_stays(self, vals):
        """Keep what it was started as.

        :raises UserError: ``vals`` would change it
        """
        if not self.env.su and (START_FIELDS - {"place"}) & vals.keys():
            self.check_access("write")
            raise UserError(
                self.env._(
                    "What an emergency was started as stays. Add students with the button on the "
                    "board."
                )
            )

    @api.model
    def _check_place(self, *values):
        """Demand words where it is, wherever a place is given.

        :param values: dicts of values to write
        :raises UserError: one of them has an empty place
        """
        if any("place" in vals and not (vals["place"] or "").strip() for vals in values):
            raise UserError(self.env._("Say where it is."))

    def _begin(self):
        """Carry out what a start means: steps, alerts, the student's case, the alarm."""
        self.ensure_one()
        # sudo: crisis.emergency - who starts it may not read or write all of what begins by it
        own = self.sudo()
        protocol = self.env["crisis.protocol"]._for_kind(self.kind, self.company_id)
        start = self.date_start
        # started under the clock of the transaction that numbered it
        own._set({"protocol_id": protocol.id})
        own._log("start")
        own.step_ids.create(
            [{**command[2], "emergency_id": self.id} for command in protocol._step_values(start)]
        )
        own._alert_team()
        own._begin_report_clock()
        # reads as whoever started it: superuser would pass every check of the report
        self._involve(own.student_ids)
        own._raise_alarm(own.alert_ids)

    def _log(self, kind, **vals):
        """Append to the timeline: ``kind`` of event now, by the user, with further ``vals``."""
        self.ensure_one()
        # sudo: crisis.emergency.event - nobody writes the timeline but the system
        return (
            self.env["crisis.emergency.event"]
            .sudo()
            .create({"emergency_id": self.id, "kind": kind, **vals})
        )

    @api.model
    def _no_files_message(self):
        """Return what to say to somebody who attaches a file."""
        return self.env._(
            "Files cannot be attached here. Add photos on the board, while the emergency runs."
        )

    def _lock_message(self):
        """Return what to say to somebody who would change a closed emergency."""
        return self.env._("This emergency is closed: nothing about it changes any more.")

    @api.model
    def _case_sharing(self):
        return Sharing()

    @api.model
    def _open_domain(self, closed, operation):
        """Leave all open: an emergency is the whole school's, and those with a duty act in it."""
        return Domain.TRUE

    @api.model
    def _timeline_events(self):
        """Return what of it stands in the timeline of a case."""
        return (Event("emergency", _lt("Emergency"), "date_start", "user_id", icon="fa-bolt"),)
