import logging

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ... import clock
from ...identity import require_person
from ...jobs import Job, Place
from ...roles import CONFIGURATOR, PRINCIPAL

_logger = logging.getLogger(__name__)

ACTIVITY = "crisis_intervention.mail_activity_clock"


class CrisisClock(models.Model):
    """How the clock of the server runs: one row for each stretch of time without a jump.

    The newest one is the heartbeat. See ``clock`` for what hangs on it.
    """

    _name = "crisis.clock"
    _description = "Clock of the Server"
    _inherit = ["crisis.quiet.thread"]
    _order = "id desc"
    _rec_name = "date_from"
    _outlives_erasure = True

    reason = fields.Selection(
        [
            ("begun", "Looked at for the first time"),
            ("gap", "The server stood still, or its clock was set forward"),
            ("back", "The clock was set back"),
            ("database", "The clocks of server and database differ"),
        ],
        string="Began Because",
        required=True,
        readonly=True,
    )
    date_from = fields.Datetime(string="Runs Steadily Since", required=True, readonly=True)
    date_beat = fields.Datetime(string="Looked at Last", required=True, readonly=True)
    date_database = fields.Datetime(string="The Database Said", required=True, readonly=True)
    date_before = fields.Datetime(
        string="It Said Before", readonly=True, help="When it was looked at last before the jump."
    )
    hours_before = fields.Float(readonly=True, aggregator=None)
    date_confirmed = fields.Datetime(string="Confirmed On", readonly=True)
    confirmed_by_id = fields.Many2one("res.users", readonly=True, ondelete="restrict")
    state = fields.Selection(
        [("old", "Over"), ("waits", "Not believed yet"), ("steady", "Believed")],
        compute="_compute_state",
    )

    @api.depends("date_beat", "date_confirmed")
    def _compute_state(self):
        """Tell of the newest row whether the clock is believed."""
        current = clock.newest(self.env)
        for stretch in self:
            if stretch.id != current.id:
                stretch.state = "old"
            else:
                stretch.state = "steady" if clock.is_steady(self.env) else "waits"

    def _hours(self):
        """Return for how long the clock was seen to run in this stretch."""
        return max((self.date_beat - self.date_from).total_seconds() / 3600, 0.0)

    @api.model
    def _cron_beat(self):
        """Look at the clock; a jump begins a new row, and is told."""
        with Job(self, "_cron_beat", irreversible=False) as job:
            job.work([Place(self._name)], lambda _place: self._beat())

    @api.model
    def _beat(self):
        """Take the time of server and database down."""
        last = clock.newest(self.env)
        jump = clock.judged(self.env, last)
        now = fields.Datetime.now()
        seen = {"date_beat": now, "date_database": clock.database_now(self.env)}
        if last and not jump:
            last._as_system().write(seen)
        elif last.reason == jump == "database":
            # it goes on: nothing runs steadily yet
            last._as_system().write({**seen, "date_from": now, "date_confirmed": False})
        else:
            # Odoo would log that it began in the language of nobody
            quiet = self.sudo().with_context(mail_create_nolog=True)
            begun = quiet._make(
                [
                    {
                        **seen,
                        "reason": jump or "begun",
                        "date_from": now,
                        "date_before": last.date_beat,
                        "hours_before": last.hours_before + last._hours() if last else 0,
                    }
                ]
            ).with_env(self.sudo().env)
            last._end_activities()
            if jump:
                _logger.warning("The clock of the server cannot be believed: %s", jump)
                begun._tell()

    def _tell(self):
        """Ask configurators and principals of all schools whether the date is right."""
        users = self.env["res.users"]
        # sudo: res.company - all schools have one server
        for company in self.env["res.company"].sudo().search([]):  # pylint: disable=no-search-all
            users |= company._crisis_holders(CONFIGURATOR, PRINCIPAL)
        self._plan_activity(ACTIVITY, users)

    def action_confirm(self):
        """Say that date and time of the server are right; what waited for it goes on.

        :raises AccessError: the user neither configures the system nor leads a school, or is not who
            has logged in
        :raises UserError: it is over, or the clock is visibly wrong
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_groups(f"{CONFIGURATOR},{PRINCIPAL}"):
            raise AccessError(self.env._("Configurators and principals confirm the clock."))
        require_person(self.env)
        # sudo: crisis.clock - checked just above
        stretch = self.sudo()
        if stretch != clock.newest(self.env) or clock.judged(self.env, stretch):
            raise UserError(
                self.env._("The clock has jumped since, or differs from that of the database.")
            )
        stretch._as_system().write(
            {"date_confirmed": fields.Datetime.now(), "confirmed_by_id": self.env.uid}
        )
        stretch._end_activities()
