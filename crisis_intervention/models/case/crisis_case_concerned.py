from odoo import models


class CrisisCaseConcerned(models.AbstractModel):
    """What becomes of a case when a report behind it is about somebody who works on it.

    That person does not see the case any more (``crisis.concerned``); what waited for the person
    waits for somebody else from then on.
    """

    _name = "crisis.case.concerned"
    _description = "Case about Somebody of the Staff"

    def write(self, vals):
        """Write; a case that ends or begins again changes what else is closed to those concerned."""
        result = super().write(vals)
        if "date_closed" in vals and self._concerned():
            self.env["crisis.concerned"]._forget()
        return result

    def _concerned(self):
        """Return ``res.users`` (as superuser) concerned by reports behind these cases."""
        return self.env["crisis.concerned"]._users(self)

    def _shut_out(self):
        """Take these cases out of the hands of those whom reports behind them are about.

        :raises UserError: nobody else could own a case
        """
        # sudo: crisis.case and below - the system passes on what waits; whoever attached the
        # report, or named somebody in it, was checked before
        cases = self.sudo().with_context(active_test=False)
        # what is remembered is remembered for all, and most reports are about nobody of the staff
        if any(set(case.concern_ids.concerned_user_ids._ids) != set(case._concerned()._ids)
               for case in cases):  # fmt: skip
            self.env["crisis.concerned"]._forget()
        for case in cases.with_context(active_test=True):
            concerned = case._concerned()
            if concerned and not case.date_closed:
                case._pass_on(concerned)

    def _pass_on(self, concerned):
        """Let what waits for ``concerned`` in this case wait for others."""
        self.ensure_one()
        if self.user_id in concerned:
            self.user_id = self._default_owner(self.student_id, without=concerned)
        self.team_ids -= concerned
        waiting = self.measure_ids.filtered(
            lambda m: m.user_id in concerned and m.state in ("draft", "todo", "doing")
        )
        if waiting:
            waiting._hand_to(self.user_id)
        planned = self.session_ids.filtered(lambda s: s.user_id in concerned and s.state == "draft")
        planned.event_id.unlink()
        steps = self.deadline_ids.filtered(lambda d: not d.date_done and d.user_id in concerned)
        steps.write({"user_id": False})
        self._take_activities(concerned)
        self._sync_activities()
        for step in self.deadline_ids.filtered(lambda d: d.role and not d.date_done and d.res_id):
            record = self.env[step.res_model].browse(step.res_id)
            if hasattr(record, "_ask_others"):
                record._ask_others(step)

    def _take_activities(self, users):
        """Take activities off ``users`` on what they cannot open any more."""
        kinds = list(self.env["crisis.record"]._kinds())
        activities = self.env["mail.activity"].search(
            [("user_id", "in", users.ids), ("res_model", "in", kinds)]
        )
        for (model, user), group in activities.grouped(lambda a: (a.res_model, a.user_id)).items():
            records = self.env[model].browse(group.mapped("res_id")).with_user(user)
            records = records.with_context(allowed_company_ids=user.company_ids.ids)
            readable = set(records._filtered_access("read").ids)
            group.filtered(lambda a, ids=readable: a.res_id not in ids).unlink()
