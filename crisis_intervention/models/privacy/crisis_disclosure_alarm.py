import re
from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_date

from ... import register
from ...identity import require_person
from ...jobs import Job, Place
from ...lib.jobs import NO_PAUSE
from ...register_anchors import keep_anchor, name_database
from ...roles import PRINCIPAL
from ...seal_key_state import keep_keys
from ...seal_keys import has_key, opening_keys
from ...signatures import enter_late

# Problems that are nowhere in particular.
DAY = re.compile(r"\d{4}-\d\d-\d\d")
WHOLE = ("anchors_file", "no_begin")
ACTIVITY = "crisis_intervention.mail_activity_register_alarm"


class CrisisDisclosureAlarm(models.AbstractModel):
    """What was changed outside of the system, as the register tells of it: told, seen, kept.

    An alarm is a row of the register. It stops nobody; it is open until a principal has seen it, which
    is a row of its own. Part of ``crisis.disclosure``.
    """

    _name = "crisis.disclosure.alarm"
    _description = "Alarms in the Register"

    is_open = fields.Boolean(
        string="Open Alarm",
        compute="_compute_is_open",
        search="_search_is_open",
        help="Something was changed outside of the system, and no principal has seen it yet.",
    )

    @api.depends("kind")
    @api.depends_context("company")
    def _compute_is_open(self):
        """Tell alarms that nobody of the school has seen."""
        open_ids = self._open_alarms(self.env.company)
        for row in self:
            row.is_open = row.id in open_ids

    @api.model
    def _search_is_open(self, operator, value):
        """Find alarms that nobody of the school has seen."""
        if operator != "in":
            return NotImplemented
        found = fields.Domain("id", "in", list(self._open_alarms(self.env.company)))
        return found if True in value else ~found

    @api.model
    def _open_alarms(self, company):
        """Return the ids of alarms of a school, or of all schools, that nobody there has seen.

        :param company: one ``res.company``
        :return: dict of id to the mark by which an alarm is said to be seen, the oldest first
        """
        alarms, seen = register.told_alarms(self.env.cr, opening_keys(self.env))
        return {
            said["id"]: said["mark"]
            for said in alarms
            if said["company_id"] in (None, company.id)
            and company.id not in seen.get(said["mark"], ())
        }

    def _alarm_text(self):
        """Say in words what was found."""
        problem, _colon, number = (self.text or "").partition(":")
        text = self._problem_text(problem)
        if not number or problem in WHOLE:
            return text
        if problem == "unchecked":
            day = format_date(self.env, number) if DAY.fullmatch(number) else number
            return self.env._("%(text)s (%(day)s)", text=text, day=day)
        if problem == "archive":
            return self.env._("%(text)s (year %(year)s)", text=text, year=number)
        if problem == "update":
            return self.env._("%(text)s (%(version)s)", text=text, version=number)
        if problem == "key_check":
            return self.env._("%(text)s (key “%(key)s”)", text=text, key=number)
        return self.env._("%(text)s (number %(number)s)", text=text, number=number)

    @api.model
    def _problem_text(self, problem):
        """Say in words what a code of ``register.raise_alarm`` means."""
        texts = {
            "changed": self.env._("Changed outside of the system"),
            "missing": self.env._("Deleted outside of the system"),
            "linked": self.env._("Does not fit what stands before it"),
            "tail": self.env._("The last rows of the register were deleted outside of the system"),
            "beyond": self.env._("The register was taken back, or rows were added outside of it"),
            "head": self.env._("The end of the register is not signed by this server"),
            "no_head": self.env._("The end of the register was deleted outside of the system"),
            "unnumbered": self.env._("There are rows outside of the chain of the register"),
            "entry": self.env._("A reading was hidden behind another one"),
            "mail": self.env._(
                "A mail does not fit the register: taken back, changed, or mistyped"
            ),
            "older": self.env._("The register is older than what is known outside of the database"),
            "archive": self.env._("The archive of a year does not fit the register"),
            "unsigned": self.env._("Signed or decided outside of the system"),
            "unlocked": self.env._("Its signature was taken away outside of the system"),
            "replaced": self.env._("Taken back to an older version outside of the system"),
            "gone": self.env._("Deleted outside of the system"),
            "update": self.env._(
                "An update that was over long ago was started again: the version of the system was set "
                "back in the database"
            ),
            "unreadable": self.env._(
                "Holds what the system never writes and nobody can read, such as a date of the year 20000"
            ),
            "file": self.env._("A file of it is missing or was exchanged"),
            "plain": self.env._("Holds a text that is not sealed, written outside of the system"),
            "broken": self.env._(
                "Holds a text that cannot be opened: damaged, or of another place"
            ),
            "no_begin": self.env._(
                "The beginning of the register was deleted outside of the system"
            ),
            "anchors": self.env._(
                "The file outside of the database does not know what it knew before: it was taken "
                "away, exchanged or shortened"
            ),
            "anchors_file": self.env._(
                "The file outside of the database cannot be read or written: whoever runs the server "
                "has to see to its place, its rights and free space"
            ),
            "unchecked": self.env._(
                "The register was not checked for more than two days: the nightly check does not run"
            ),
            "not_made": self.env._("A check that this server has not made, or that was changed"),
            "key_check": self.env._(
                "The check value of a key was changed outside of the system; the key is the right one"
            ),
            "unknown_key": self.env._("Holds a text whose key the server does not have"),
        }
        return texts.get(problem, problem)

    def action_see(self):
        """Say that one has seen these alarms: they stay in the register, and are no longer open.

        :raises AccessError: the user is no principal, or not who has logged in
        """
        self.check_access("read")
        if not self.env.user.has_group(PRINCIPAL):
            raise AccessError(self.env._("Alarms of the register are for the principal to see."))
        require_person(self.env)
        marks = self._open_alarms(self.env.company)
        for row in self.filtered(lambda row: row.id in marks):
            # each school sees for itself what concerns all of them
            register.note_event(
                self.env, "seen", row, text=marks[row.id], company_id=self.env.company.id
            )
            row._end_activities(users=self.env.user)

    def action_check_register(self):
        """Check the register now, and show what was found; a button of the list.

        :raises AccessError: the user is no principal
        """
        return self.env["crisis.register.check"].browse().action_check_now()

    @api.model
    def _cron_watch(self):
        """Look after the register: what was entered late, who has to be told, the end kept outside."""
        parts = {
            "keys": partial(keep_keys, self.env),
            "late": partial(enter_late, self.env),
            "name": partial(name_database, self.env),
            "anchor": partial(keep_anchor, self.env),
        }
        if not has_key(self.env):
            return
        with Job(self, "_cron_watch", irreversible=False, first_pause=NO_PAUSE) as job:
            for part, work in parts.items():
                job.work([Place(self._name, part=part)], lambda _place, work=work: work())
            job.work(self._schools, self._tell_school, part="tell")
            job.work([Place(self._name, part="seen")], lambda _place: self._end_seen())

    @api.model
    def _tell_principals(self):
        """Tell every principal of open alarms, and end what is seen."""
        for company in self._schools():
            self._tell_school(company)
        self._end_seen()

    @api.model
    def _schools(self):
        """Return all schools, archived ones as well."""
        # sudo: res.company - whose principals are told
        schools = self.env["res.company"].sudo().with_context(active_test=False)
        return schools.search([])  # pylint: disable=no-search-all

    @api.model
    def _tell_school(self, company):
        """Give the principals of a school an activity about open alarms, on the last that each reads.

        Whoever says that it is done without having seen the alarm is asked again the next day.
        """
        # sudo: crisis.disclosure - which alarms are open, to tell those who may read them
        about = self.sudo().browse(self._open_alarms(company))
        for user in company._crisis_holders(PRINCIPAL):
            mine = about.filtered(lambda row, u=user: row._readable_by(u))
            if mine and not mine._told_lately(user):
                mine[-1]._plan_activity(ACTIVITY, user, quiet=False)

    @api.model
    def _end_seen(self):
        """End activities about alarms that no school has open: what is seen waits for nobody."""
        # sudo: crisis.disclosure - which alarms are open
        told = self.sudo().search([("kind", "=", "alarm"), ("activity_ids", "!=", False)])
        if told:
            for company in self._schools():
                told -= told.browse(self._open_alarms(company))
            told._end_activities()

    def _told_lately(self, user):
        """Tell whether ``user`` has an activity about one of these, or has ended one today."""
        # sudo: mail.activity - whether there is one
        activities = self.env["mail.activity"].sudo().with_context(active_test=False)
        since = fields.Datetime.now() - timedelta(days=1)
        return bool(
            activities.search_count(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "in", self.ids),
                    ("user_id", "=", user.id),
                    "|",
                    ("active", "=", True),
                    ("create_date", ">", since),
                ],
                limit=1,
            )
        )
