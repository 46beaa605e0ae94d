from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ... import register
from ...identity import require_person
from ...register_anchors import write_anchor
from ...roles import PRINCIPAL
from ...signatures import enter_late

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
    def _compute_is_open(self):
        """Tell alarms that nobody has seen."""
        open_ids = set(self._open_alarms(self.ids))
        for row in self:
            row.is_open = row.id in open_ids

    @api.model
    def _search_is_open(self, operator, value):
        """Find alarms that nobody has seen."""
        if operator != "in":
            return NotImplemented
        found = fields.Domain("id", "in", self._open_alarms())
        return found if True in value else ~found

    @api.model
    def _open_alarms(self, ids=None):
        """Return the ids of alarms that nobody has seen.

        :param ids: look among these only
        """
        rows = self.env.execute_query(
            SQL(
                "SELECT a.id FROM crisis_disclosure a WHERE a.kind = 'alarm' AND %s AND NOT EXISTS ("
                "SELECT FROM crisis_disclosure s WHERE s.kind = 'seen' AND s.res_id = a.id"
                " AND s.res_model = 'crisis.disclosure') ORDER BY a.id",
                SQL("a.id = ANY(%s)", list(ids)) if ids is not None else SQL("TRUE"),
            )
        )
        return [id_ for [id_] in rows]

    def _alarm_text(self):
        """Say in words what was found."""
        problem, _colon, number = (self.text or "").partition(":")
        text = self._problem_text(problem)
        if not number:
            return text
        if problem == "archive":
            return self.env._("%(text)s (year %(year)s)", text=text, year=number)
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
            "older": self.env._("The register is older than what is known outside of the database"),
            "archive": self.env._("The archive of a year does not fit the register"),
            "unsigned": self.env._("Signed or decided outside of the system"),
            "unlocked": self.env._("Its signature was taken away outside of the system"),
            "replaced": self.env._("Taken back to an older version outside of the system"),
            "gone": self.env._("Deleted outside of the system"),
            "file": self.env._("A file of it is missing or was exchanged"),
            "plain": self.env._("Holds a text that is not sealed, written outside of the system"),
            "broken": self.env._(
                "Holds a text that cannot be opened: damaged, or of another place"
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
        for row in self.filtered("is_open"):
            register.note_event(self.env, "seen", row)
            row._end_activities(users=self.env.user)

    def action_check_register(self):
        """Check the register now, and show what was found; a button of the list.

        :raises AccessError: the user is no principal
        """
        return self.env["crisis.register.check"].browse().action_check_now()

    @api.model
    def _cron_watch(self):
        """Look after the register: what was entered late, who has to be told, the end kept outside."""
        enter_late(self.env)
        self._tell_principals()
        write_anchor(self.env)

    @api.model
    def _tell_principals(self):
        """Give every principal an activity about open alarms: one, on the last of them."""
        # sudo: crisis.disclosure - which alarms are open, to tell those who may read them
        alarms = self.sudo().browse(self._open_alarms())
        closed = self.sudo().search([("kind", "=", "alarm"), ("activity_ids", "!=", False)])
        (closed - alarms)._end_activities()
        if not alarms:
            return
        # sudo: res.company - all schools
        for company in self.env["res.company"].sudo().search([]):  # pylint: disable=no-search-all
            about = alarms.filtered(lambda row, c=company: row.company_id in (c, c.browse()))
            told = about.activity_ids.user_id
            if untold := company._crisis_holders(PRINCIPAL) - told if about else None:
                about[-1]._plan_activity(ACTIVITY, untold, quiet=False)
