from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ... import identity
from ...identity import confirm_identity
from ...roles import EMERGENCY, MORAL_EDUCATION, PRINCIPAL, PSYCHOLOGY
from ...seal_keys import keyring

ACTIVITY = "crisis_intervention.mail_activity_grant_release"
# How long what a second person has released may be read, once.
RELEASE_MINUTES = 10
# More than so many emergency accesses within so many days are shown to the principal.
OFTEN, OFTEN_DAYS = 3, 30


def _signed(grant):
    """Return what the server signs when a second person has released ``grant``.

    So that nobody who writes into the row, by code or in the database, is a second person alone. With
    it the moment: a release is asked for, given and used up each time anew.
    """
    moments = (grant.date_release_asked, grant.date_release_to)
    parts = (grant.id, grant.user_id.id, grant.case_id.id, grant.scope, grant.released_by_id.id)
    told = [*map(str, parts), *(fields.Datetime.to_string(moment) or "" for moment in moments)]
    return "crisis.access.grant release|" + "|".join(told)


class CrisisAccessSecond(models.AbstractModel):
    """What an emergency access opens: at once what helps now, notes and answers with a second person.

    Part of ``crisis.access.grant``.
    """

    _name = "crisis.access.second"
    _description = "Emergency Access With a Second Person"

    date_release_asked = fields.Datetime(string="Second Person Asked On", readonly=True, copy=False)
    released_by_id = fields.Many2one(
        "res.users", string="Second Person", readonly=True, copy=False, ondelete="restrict"
    )
    date_release_to = fields.Datetime(string="Released Until", readonly=True, copy=False)
    date_release_used = fields.Datetime(string="Read On", readonly=True, copy=False)
    release_signature = fields.Char(readonly=True, copy=False)
    is_frequent = fields.Boolean(
        string="Frequent",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="One of more than three emergency accesses by one person, or about one child, within "
        "thirty days.",
    )
    may_ask_release = fields.Boolean(compute="_compute_may_release")
    may_release = fields.Boolean(compute="_compute_may_release")

    def _compute_may_release(self):
        """Tell the user whether to ask a second person, and whether to be one."""
        for grant in self:
            running = grant.is_emergency and grant._is_open()
            waiting = grant.date_release_asked and not grant.released_by_id
            grant.may_ask_release = running and grant.is_mine and not waiting
            grant.may_release = bool(running and waiting and not grant._release_refusal())

    # ------------------------------------------------------------------ the second person

    def action_ask_release(self):
        """Ask a second person to release notes and answers for ten minutes.

        :raises AccessError: it is a colleague's
        :raises UserError: it is no emergency access that runs; nobody could be asked
        """
        self.ensure_one()
        self._check_readable()
        if not self.is_emergency:
            raise UserError(self.env._("This was given by another person already: read it."))
        # sudo: crisis.access.grant - the system keeps dates; the user was checked just above
        grant = self.sudo()
        users = grant.company_id._crisis_holders(PRINCIPAL, PSYCHOLOGY, MORAL_EDUCATION)
        users -= self.env.user
        if not users:
            raise UserError(
                self.env._(
                    "Nobody at this school could release it. Call the principal, 110 or 120."
                )
            )
        grant._set(
            {
                "date_release_asked": fields.Datetime.now(),
                "released_by_id": False,
                "date_release_to": False,
                "date_release_used": False,
            }
        )
        grant._log_approval("asked")
        grant._plan_activity(ACTIVITY, users, fields.Datetime.now())
        grant.message_notify(
            partner_ids=users.partner_id.ids,
            subject=self.env._("Emergency access"),
            body=self.env._("Somebody asks you to release notes and answers."),
        )

    def _release_refusal(self):
        """Return why the user may not be the second person; "" when it may be."""
        self.ensure_one()
        # sudo: who opened it
        if self.env.user in (self.sudo().user_id | self.sudo().create_uid):
            return self.env._("You opened it yourself: a second person releases it.")
        if not self.env.user.has_groups(f"{PRINCIPAL},{PSYCHOLOGY},{MORAL_EDUCATION}"):
            return self.env._("The decision on this is not yours.")
        return ""

    @confirm_identity
    def action_release(self):
        """Release notes and answers: once, for ten minutes, by a person at the own screen.

        :raises AccessError: it is not the user's to release
        :raises UserError: a program asks; it has ended, or nobody has asked
        """
        self.ensure_one()
        identity.require_pressed(self, "action_release")
        self.check_access("read")
        refusal = self._release_refusal()
        if refusal:
            raise AccessError(refusal)
        # sudo: crisis.access.grant - who releases has no right to write; checked just above
        grant = self.sudo()
        grant._lock_in("active")
        if not grant.date_release_asked or grant.released_by_id or not grant._is_open():
            raise UserError(self.env._("Nobody waits for this any more. Please reload."))
        now = fields.Datetime.now()
        grant._set(
            {
                "released_by_id": self.env.uid,
                "date_release_to": now + timedelta(minutes=RELEASE_MINUTES),
            }
        )
        grant._set({"release_signature": keyring(self.env).sign(_signed(grant))})
        grant._log_approval("approved")
        grant._end_activities(ACTIVITY)
        grant._tell_decision()

    def _use_release(self):
        """Tell whether a second person has released it just now; it is used up by being read."""
        # sudo: crisis.access.grant - state and dates, kept by the system
        grant = self.sudo()
        now = fields.Datetime.now()
        if not grant._claim(
            SQL(
                "released_by_id IS NOT NULL AND released_by_id != user_id"
                " AND date_release_used IS NULL AND date_release_to > %s",
                now,
            )
        ):
            return False
        if not keyring(self.env).verifies(grant.release_signature or "", _signed(grant)):
            return False
        grant._set({"date_release_used": now})
        return True

    # ------------------------------------------------------------------ what helps at once

    def _has_relation(self):
        """Tell whether the child is one of those that the user has to do with.

        By a role for the whole school, the own class, the case, or a measure of it.
        """
        user = self.env.user
        # sudo: crisis.student, crisis.case - who has to do with the child; nothing else of it
        grant = self.sudo()
        class_, case = grant.student_id.class_id, grant.case_id
        if user in case._concerned():
            return False
        if user.has_groups(EMERGENCY):
            return True
        return user in (
            class_.head_teacher_ids
            | class_.psychology_teacher_id
            | case.user_id
            | case.team_ids
            | case.measure_ids.user_id
        )

    def _help_sections(self):
        """Return what an emergency access opens at once; its callers have checked the reader.

        Whom to call, for everybody; the safety plan in force and what to mind, for those who have
        to do with the child. Without relation it is the same with a case or without.
        """
        # sudo: crisis.student and below - what helps now, returned field by field
        grant = self.sudo()
        student = grant.student_id
        sections = [self._help_people(student)]
        parts = grant._help_parts(grant.case_id) if self._has_relation() else []
        guardians = student.guardian_ids.sorted(lambda guardian: not guardian.is_primary)
        for records, names in (
            (guardians, ("relation", "phone", "phone_secondary", "is_primary")),
            *parts,
        ):
            self._note_reading(records, names)
            if records:
                sections.append(
                    {
                        "title": self.env["ir.model"]._get(records._name).name,
                        "records": [self._entry(record, names) for record in records],
                    }
                )
        return sections

    def _help_parts(self, case):
        """Return (records, field names) of a case that help at once, kind by kind."""
        excerpts = self.env["crisis.record"]._collected("_emergency_excerpt")
        return [
            (self._part(case, model, excerpt), excerpt.fields)
            for model, excerpt in sorted(excerpts, key=lambda told: told[1].sequence)
            if case
        ]

    def _help_people(self, student):
        """Return the section that names who is responsible for a student."""
        class_ = student.class_id
        company = student.company_id
        people = [
            (self.env._("Head Teacher"), class_.head_teacher_ids),
            (self.env._("Psychology Teacher"), class_.psychology_teacher_id),
            (self.env._("Moral Education Director"), company._crisis_holders(MORAL_EDUCATION)),
            (self.env._("Principal"), company._crisis_holders(PRINCIPAL)),
        ]
        texts = [
            {"label": label, "text": " · ".join(filter(None, (user.name, user.partner_id.phone)))}
            for label, users in people
            for user in users
        ]
        return {
            "title": self.env._("Who Is Responsible"),
            "records": [
                {
                    "id": f"people-{student.id}",
                    "title": class_.display_name or "",
                    "lines": texts,
                    "answers": [],
                    "additions": [],
                }
            ],
        }

    # ------------------------------------------------------------------ frequent use

    def _mark_frequent(self):
        """Show the principal that one person, or one child, stands here often."""
        # sudo: crisis.access.grant - counts what the user may not see all of
        grant = self.sudo()
        since = fields.Datetime.now() - timedelta(days=OFTEN_DAYS)
        recent = [("is_emergency", "=", True), ("date_from", ">", since)]
        counts = (
            grant.search_count([*recent, ("user_id", "=", grant.user_id.id)]),
            grant.search_count([*recent, ("student_id", "=", grant.student_id.id)]),
        )
        if max(counts) <= OFTEN:
            return
        grant._set({"is_frequent": True})
        principals = grant.company_id._crisis_holders(PRINCIPAL)
        grant._plan_activity("crisis_intervention.mail_activity_grant_frequent", principals)
