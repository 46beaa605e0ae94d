from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import is_html_empty

from ..mixins.crisis_quiet_thread import TELLING

QUICK = "mail_activity_quick_update"


class MailActivity(models.Model):
    """Activities on quiet records go to people who may open them, and carry no words."""

    _inherit = "mail.activity"

    @api.model_create_multi
    def create(self, vals_list):
        """Plan; who gets an activity on a record of ours is told, whatever the client sends.

        :raises UserError: an activity on such a record would carry words
        """
        activities = super().create(vals_list)
        activities._check_wordless()
        activities._tell_unless_told()
        return activities

    def write(self, vals):
        """Change; see ``create``."""
        result = super().write(vals)
        if {"summary", "note", "feedback", "res_model_id", "activity_type_id"} & vals.keys():
            self._check_wordless()
        if vals.get("user_id"):
            self._tell_unless_told()
        return result

    def _in_crisis(self):
        """Return those on records of ours."""
        # sudo: which model an activity is about
        is_ours = self.env["crisis.record"]._is_ours
        return self.filtered(lambda activity: is_ours(activity.sudo().res_model))

    def _tell_unless_told(self):
        """Tell those of whom a client wanted to keep it from; the system may be quiet."""
        if self.env.context.get(QUICK) and not self.env.su:
            ours = self._in_crisis().filtered(lambda activity: activity.user_id != self.env.user)
            ours.action_notify()

    def _check_wordless(self):
        """Refuse words of people: all who may open the record would read them.

        What the type of activity says itself may stand.

        :raises UserError: one of these holds words
        """
        # sudo: mail.activity - the words, to be refused; nothing of them leaves the method
        for activity in self._in_crisis().sudo() if not self.env.su else ():
            kind = activity.activity_type_id
            if (
                activity.summary not in (False, "", kind.summary)
                or not (is_html_empty(activity.note) or activity.note == kind.default_note)
                or activity.feedback
            ):
                raise UserError(self._no_words_message())

    @api.model
    def _no_words_message(self):
        """Return what to say to somebody who would write into an activity."""
        return self.env._(
            "Activities here have a type, a person and a date, and no words or files, because "
            "everybody who may open the record would read them. Write it into the field or record "
            "it belongs to."
        )

    def action_notify(self):
        """Tell those who got activities; of our records the system tells in its own words."""
        ours = self._in_crisis()
        super(MailActivity, ours.with_context(crisis_telling=TELLING)).action_notify()
        return super(MailActivity, self - ours).action_notify()

    def _action_done(self, feedback=False, attachment_ids=None):
        """Mark as done; a step of a case waits until its record shows that it was done.

        :raises UserError: words or files would go into the chatter of a record of ours
        """
        if (feedback or attachment_ids) and self._in_crisis():
            raise UserError(self._no_words_message())
        cases = self._cases_with_steps()
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        cases._sync_activities()
        return result

    def unlink(self):
        """Delete; see ``_action_done``."""
        cases = self._cases_with_steps()
        result = super().unlink()
        if cases:
            cases.exists()._sync_activities()
        return result

    def _cases_with_steps(self):
        """Return the cases that these activities are about, as superuser."""
        # sudo: crisis.case - the system keeps one activity per case; nothing leaves the method
        cases = self.env["crisis.case"].sudo()
        return cases.browse({a.res_id for a in self.sudo() if a.res_model == cases._name})

    def _to_store_defaults(self, target):
        """Send the name as well: without a summary the chatter would show a nameless activity."""
        return [*super()._to_store_defaults(target), "display_name"]

    @api.constrains("user_id", "res_model_id", "res_id")
    def _check_quiet_access(self):
        """Refuse to assign somebody who may not read the record.

        :raises AccessError: names the person, not the record
        """
        # sudo: mail.activity - which record it is about; assigners may see no more of it than that
        for (model, user), activities in (
            self.sudo().filtered("user_id").grouped(lambda a: (a.res_model, a.user_id)).items()
        ):
            records = self.env.get(model)
            if records is None or not hasattr(records, "_readable_by"):
                continue
            if not records.browse(activities.mapped("res_id"))._readable_by(user):
                raise AccessError(
                    self.env._(
                        "%(name)s may not open this record and cannot get an activity on it.",
                        name=user.name,
                    )
                )
