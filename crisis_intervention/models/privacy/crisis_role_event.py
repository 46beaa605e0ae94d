from odoo import api, fields, models
from odoo.http import request

from ...role_confirmations import actor

KINDS = [
    ("asked", "Role given, waits"),
    ("confirmed", "Role confirmed"),
    ("refused", "Role refused"),
    ("ended", "Role taken away"),
    ("password", "Password set by somebody else, or by a link"),
    ("login", "Login or e-mail changed by somebody else"),
    ("two_factor", "Two-factor sign-in switched off by somebody else"),
    ("active", "Account archived or opened again by somebody else"),
    ("key", "Key for programs made by somebody else"),
    ("setting", "Second factor not demanded any more"),
    ("become", "Administrator acts as the system"),
]


class CrisisRoleEvent(models.Model):
    """The register of roles: each change of a role that opens files, and of accounts that hold one."""

    _name = "crisis.role.event"
    _description = "Register of Roles"
    _inherit = ["crisis.append.only"]
    _order = "id desc"
    _outlives_erasure = True
    _enters_code = True

    kind = fields.Selection(KINDS, string="What Happened", required=True, index=True)
    person_id = fields.Many2one("res.users", ondelete="set null")
    group_id = fields.Many2one("res.groups", string="Role", ondelete="set null")
    company_id = fields.Many2one("res.company", string="School", index=True, ondelete="cascade")
    ip = fields.Char(string="IP Address")
    text = fields.Text(string="Name and Login", help="As they were at that time.")

    @api.model
    def _enter(self, rows, kind, person=None):
        """Write what happened to confirmations, and tell the principals by a pointer.

        :param rows: ``crisis.role.confirmation`` records, with superuser rights
        :param person: ``res.users`` it is about, where that is not who has the role
        """
        if not rows:
            return
        address = request.httprequest.remote_addr if request else None
        # sudo: crisis.role.event - the system alone writes the register
        self.sudo().create(
            [
                {
                    "kind": kind,
                    "user_id": actor(self.env) or self.env.uid,
                    "person_id": (person or row.user_id).id,
                    "group_id": not person and row.group_id.id,
                    "company_id": row.company_id.id,
                    "text": f"{(person or row.user_id).name} ({(person or row.user_id).login})",
                    "ip": address,
                }
                for row in rows
            ]
        )
        for company, group in rows.grouped("company_id").items():
            principals = company._crisis_holders("crisis_intervention.group_principal")
            if principals:
                group[0].message_notify(
                    partner_ids=principals.partner_id.ids,
                    subject=self.env._("Roles"),
                    body=self.env._(
                        "A role that opens children's files, or the account of somebody who has "
                        "one, has changed. See the register of roles."
                    ),
                )
