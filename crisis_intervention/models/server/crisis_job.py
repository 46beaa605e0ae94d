from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_duration
from odoo.tools.i18n import format_list

from ...lib.jobs import pause, time_left
from ...roles import CONFIGURATOR, PRINCIPAL

ACTIVITY = "crisis_intervention.mail_activity_job"


class CrisisJob(models.Model):
    """Scheduled work of the system: when it ran, how far it is, and what it has set aside.

    Written by ``jobs.Job``. A row tells of numbers and moments, and of no child.
    """

    _name = "crisis.job"
    _description = "Scheduled Work"
    _inherit = ["crisis.quiet.thread"]
    _order = "code"
    _rec_name = "code"
    _outlives_erasure = True

    code = fields.Char(required=True, readonly=True)
    title = fields.Char(string="Scheduled Work", compute="_compute_title")
    date_begun = fields.Datetime(string="Last Run", readonly=True)
    date_ended = fields.Datetime(string="Last End", readonly=True)
    done = fields.Integer(readonly=True, aggregator=None)
    remaining = fields.Integer(readonly=True, aggregator=None)
    seconds = fields.Float(string="Seconds of Work", readonly=True, aggregator=None)
    is_held = fields.Boolean(
        string="Waits for the Clock",
        readonly=True,
        help="What cannot be taken back waits until the clock of the server can be believed.",
    )
    result = fields.Json(readonly=True)
    state_text = fields.Char(string="How It Stands", compute="_compute_state_text")
    result_text = fields.Text(string="What Came of It", compute="_compute_result_text")
    fault_ids = fields.One2many(
        "crisis.job.fault", "job_id", string="What Is Set Aside", readonly=True
    )
    fault_count = fields.Integer(string="Number Set Aside", compute="_compute_fault_count")

    _code_uniq = models.Constraint("UNIQUE (code)", "This work is in the list already.")

    @api.depends("code")
    def _compute_display_name(self):
        """Name the work in the words of the reader."""
        for job in self:
            job.display_name = job.title

    @api.depends("code")
    @api.depends_context("lang")
    def _compute_title(self):
        """Take the name of the scheduled action."""
        for job in self:
            name = job._crons()[:1].name or job.code or ""
            for prefix in ("Crisis: ", "危机干预：", "危机："):
                name = name.removeprefix(prefix)
            job.title = name

    @api.depends("fault_ids.date_resolved")
    def _compute_fault_count(self):
        """Count what is set aside, as far as the user may see it."""
        open_faults = [("job_id", "in", self.ids), ("date_resolved", "=", False)]
        counts = dict(
            self.env["crisis.job.fault"]._read_group(open_faults, ["job_id"], ["__count"])
        )
        for job in self:
            job.fault_count = counts.get(job, 0)

    @api.depends("date_begun", "date_ended", "done", "remaining", "seconds", "is_held")
    def _compute_state_text(self):
        """Say in words how far it is, and how long it takes at its own pace."""
        for job in self:
            job.state_text = job._state_in_words()

    def _state_in_words(self):
        """Return one sentence about how this work stands."""
        if not self.date_begun:
            return self.env._("Has not run yet.")
        if self.is_held:
            return self.env._("Waits until the clock of the server can be believed.")
        if self.remaining:
            left = time_left(self.done, self.remaining, self.seconds)
            if left is None:
                return self.env._("In work: %(count)s left.", count=self.remaining)
            return self.env._(
                "In work: %(count)s left, about %(time)s hours of work.",
                count=self.remaining,
                time=format_duration(max(left, timedelta(minutes=1)).total_seconds() / 3600),
            )
        if not self.date_ended or self.date_ended < self.date_begun:
            return self.env._("Did not come to its end.")
        return self.env._("Finished.")

    @api.depends("result")
    def _compute_result_text(self):
        """Say what came of the last run, where there is something to say."""
        for job in self:
            result = job.result or {}
            job.result_text = job._keys_in_words(result.get("keys"), result.get("damaged", 0))

    def _keys_in_words(self, keys, damaged):
        """Say which keys may go.

        :param keys: dict of the name of an old key to how much still hangs on it, or None
        :param int damaged: how much of that no key opens anyway
        """
        if keys is None:
            return False
        if not keys:
            return self.env._(
                "The server has one key, and everything is sealed and signed with it."
            )
        if sum(keys.values()) <= damaged:
            names = format_list(self.env, sorted(keys))
            return self.env._(
                "The old key may go: %(names)s. Nothing that can be opened is sealed or signed with it. "
                "Keep it with the backups that were made while it was in use.",
                names=names,
            )
        return "\n".join(
            self.env._("Key %(name)s may go.", name=name)
            if not count
            else self.env._(
                "Keep key %(name)s: %(count)s things still hang on it.", name=name, count=count
            )
            for name, count in sorted(keys.items())
        )

    # ------------------------------------------------------------------ what jobs keep

    @api.model
    def _of_code(self, code):
        """Return the row of a job; makes it the first time."""
        found = self.search([("code", "=", code)])
        if not found:
            # Odoo would log that it began in the language of nobody
            quiet = self.with_context(mail_create_nolog=True)
            found = quiet._make([{"code": code}]).with_env(self.env)
        return found

    def _begin(self, is_held):
        """Keep that a run begins; what was finished begins anew."""
        vals = {"date_begun": fields.Datetime.now(), "is_held": is_held}
        if not self.remaining:
            vals.update({"done": 0, "seconds": 0})
        self._as_system().write(vals)

    def _keep(self, done, remaining, seconds):
        """Keep how far a run is."""
        self._as_system().write(
            {
                "done": self.done + done,
                "remaining": remaining,
                "seconds": self.seconds + seconds,
            }
        )

    def _end(self, is_whole, met, result):
        """Keep that a run has ended.

        :param bool is_whole: it has seen all there was
        :param met: ids of what it met that stays set aside
        """
        now = fields.Datetime.now()
        if is_whole:
            mended = self.fault_ids.filtered(lambda f: not f.date_resolved and f.id not in met)
            mended._as_system().write({"date_resolved": now})
            self._as_system().write({"date_ended": now})
        if result is not None:
            self._as_system().write({"result": result})
        self._tell()

    def _set_aside(self, place, kind, known, first):
        """Keep what failed, and when it is tried again.

        :param place: ``jobs.Place``
        :param str kind: class of the error
        :param known: id of what is set aside already, or None
        :param first: ``timedelta`` after which it is tried again the first time
        """
        now = fields.Datetime.now()
        fault = self.env["crisis.job.fault"].browse(known)
        attempts = fault.attempts + 1 if fault else 1
        vals = {
            "error": kind,
            "date_last": now,
            "attempts": attempts,
            "date_next": now + pause(attempts, first),
        }
        if fault:
            fault._as_system().write(vals)
            return fault
        return fault._make(
            [
                {
                    **vals,
                    "job_id": self.id,
                    "model": place.model,
                    "res_id": place.res_id,
                    "part": place.part,
                    "company_id": self._school_of(place),
                    "date_first": now,
                }
            ]
        )

    @api.model
    def _school_of(self, place):
        """Return the id of the school of what failed; False where it is of no single one."""
        model = self.env.get(place.model)
        if model is None or not place.res_id:
            return False
        record = model.browse(place.res_id).exists()
        if record._name == "res.company":
            return record.id
        field = record._fields.get("company_id")
        if not record or not field or field.comodel_name != "res.company":
            return False
        return record.company_id.id

    def _tell(self):
        """Give those who can mend it one activity while something is set aside."""
        open_faults = self.fault_ids.filtered(lambda fault: not fault.date_resolved)
        if not open_faults:
            if self.activity_ids:
                self._end_activities(ACTIVITY)
            return
        users = self.env["res.users"]
        # sudo: res.company - all schools, where it is of no single one
        schools = self.env["res.company"].sudo()
        for company in open_faults.company_id or schools.search([]):  # pylint: disable=no-search-all
            users |= company._crisis_holders(CONFIGURATOR) or company._crisis_holders(PRINCIPAL)
        self._plan_activity(ACTIVITY, users - self._told_lately())

    def _told_lately(self):
        """Return who has the activity, or has ended one today."""
        # sudo: mail.activity - whom it waits for
        activities = self.env["mail.activity"].sudo().with_context(active_test=False)
        since = fields.Datetime.now() - timedelta(days=1)
        found = activities.search(
            [
                ("res_model", "=", self._name),
                ("res_id", "=", self.id),
                ("activity_type_id", "=", self.env.ref(ACTIVITY).id),
                *("|", ("active", "=", True), ("create_date", ">", since)),
            ]
        )
        return found.user_id

    # ------------------------------------------------------------------ buttons

    def action_view_faults(self):
        """List what this work has set aside."""
        self.ensure_one()
        self.check_access("read")
        return self.env["crisis.job.fault"]._action_list(
            [("job_id", "=", self.id)],
            name=self.title,
            context={"search_default_open": 1, "create": False},
        )

    def _crons(self):
        """Return the scheduled actions of this work."""
        model, _dot, method = (self.code or "").rpartition(".")
        # sudo: ir.cron - those of our data, whose names the page shows and which it may wake
        crons = self.env["ir.cron"].sudo().with_context(active_test=False)
        return crons.search([("model_id.model", "=", model), ("code", "=", f"model.{method}()")])

    def _run_soon(self):
        """Let this work run as soon as the server comes to it."""
        for job in self:
            for cron in job._crons():
                cron._trigger()
