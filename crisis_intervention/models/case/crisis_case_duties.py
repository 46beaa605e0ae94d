from odoo import fields, models


class CrisisCase(models.Model):
    """Duties of a case that records below it open and close."""

    _inherit = "crisis.case"

    def _open_duty(self, kind, due, record=None, user=None, role=None):
        """Open a deadline of this case.

        :param str kind: a code of ``STEP_KINDS``
        :param due: moment (UTC, naive)
        :param record: what it is about; a duty without one is unique in the case
        :param user: who does it; by default the owner of the case
        :param str role: instead of ``user``, the role that decides (see ``crisis.approval``)
        :return: ``crisis.deadline`` record
        """
        self.ensure_one()
        # sudo: crisis.deadline - kept by the system; the callers have checked what they do
        deadlines = self.env["crisis.deadline"].sudo()
        # before the insert: only one of a kind may be open, and one may just have been closed
        deadlines.flush_model(["date_done"])
        values = {
            "case_id": self.id,
            "kind": kind,
            "date_due": due,
            "user_id": user.id if user else False,
            "role": role,
        }
        if record:
            # left out otherwise: Odoo stores an empty reference as 0, which is no NULL
            values.update(res_model=record._name, res_id=record.id)
        duty = deadlines.create(values)
        # sudo: crisis.case - the case's activity; the user may have rights on the record only
        self.sudo()._sync_activities()
        return duty

    def _close_duties(self, kinds, records=None):
        """Mark open deadlines of these cases as done.

        :param kinds: step codes
        :param records: those about these records; by default those about none
        """
        domain = [
            ("case_id", "in", self.ids),
            ("date_done", "=", False),
            ("kind", "in", list(kinds)),
            ("res_model", "=", records._name if records is not None else False),
        ]
        if records is not None:
            domain.append(("res_id", "in", records.ids))
        # sudo: crisis.deadline, crisis.case - see _open_duty
        duties = self.env["crisis.deadline"].sudo().search(domain)
        if duties:
            duties.write({"date_done": fields.Datetime.now(), "done_by_id": self.env.uid})
            cases = duties.case_id.sudo()
            self.env["crisis.escalation"]._settle(cases)
            cases._sync_activities()
