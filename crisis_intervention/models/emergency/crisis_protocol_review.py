from odoo import api, fields, models
from odoo.exceptions import UserError

from ...lib.school_year import school_year_of

REVIEW_ACTIVITY = "crisis_intervention.mail_activity_protocol_review"


class CrisisProtocolReview(models.Model):
    """That a school looked at an emergency plan in a school year; never changed."""

    _name = "crisis.protocol.review"
    _description = "Review of an Emergency Protocol"
    _inherit = ["crisis.record"]
    _order = "date desc, id desc"
    _rec_name = "school_year"

    protocol_id = fields.Many2one("crisis.protocol", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one("res.company", string="School", required=True, index=True)
    school_year = fields.Char(required=True)
    date = fields.Date(required=True, default=fields.Date.context_today)
    user_id = fields.Many2one(
        "res.users",
        string="By",
        required=True,
        readonly=True,
        ondelete="restrict",
        default=lambda self: self.env.uid,
    )

    _year_uniq = models.Constraint(
        "UNIQUE (protocol_id, company_id, school_year)",
        "The school has reviewed this protocol in this school year already.",
    )

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse every change.

        :raises UserError: always
        """
        raise UserError(self.env._("A review is never changed."))

    @api.model
    def _reviewed(self, protocols, company, year):
        """Return those of ``protocols`` that ``company`` has reviewed in ``year``."""
        return self.search(
            [
                ("protocol_id", "in", protocols.ids),
                ("company_id", "=", company.id),
                ("school_year", "=", year),
            ]
        ).protocol_id.with_env(protocols.env)

    @api.model
    def _note(self, protocols, company):
        """Note the review of ``protocols`` by ``company``, and take it off everybody's list."""
        year = school_year_of(fields.Date.context_today(self))
        # sudo: crisis.protocol.review - callers have checked the right to review
        reviews = self.sudo()
        waiting = protocols - reviews._reviewed(protocols, company, year)
        reviews.create(
            [
                {"protocol_id": protocol.id, "company_id": company.id, "school_year": year}
                for protocol in waiting
            ]
        )
        # sudo: mail.activity - whose they are; other schools have still to look at a general plan
        users = protocols.sudo().activity_ids.user_id
        protocols._end_activities(
            REVIEW_ACTIVITY, users.filtered(lambda user: company in user.company_ids)
        )
