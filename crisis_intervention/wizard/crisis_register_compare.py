import re

from odoo import fields, models
from odoo.exceptions import UserError

from ..register_state import compare

_LINK = re.compile(r"[0-9a-f]{64}")


class CrisisRegisterCompare(models.TransientModel):
    """Whether the register still holds what an old mail told of."""

    _name = "crisis.register.compare"
    _description = "Compare the Register with a Mail"
    _inherit = ["crisis.record"]
    _rec_name = "number"

    number = fields.Integer(string="Register Number", help="As it stands in the mail.")
    link = fields.Char(help="64 digits and letters: copy them from the mail.")
    result = fields.Text(readonly=True)
    is_same = fields.Boolean(readonly=True)

    def action_compare(self):
        """Compare; where the register holds something else, that is an alarm to every principal.

        :raises AccessError: the user is no principal
        :raises UserError: it is not what stands in a mail
        """
        self.ensure_one()
        check = self.env["crisis.register.check"]
        check._check_principal()
        link = "".join((self.link or "").split()).lower()
        if self.number < 1 or not _LINK.fullmatch(link):
            raise UserError(
                self.env._(
                    "Copy both from the mail: the number, and the link of 64 digits and letters."
                )
            )
        holds, checked = compare(self.env, self.number, link)
        lines = [check._mail_line(self.number, holds)]
        if not holds:
            lines.append(
                self.env._(
                    "Every principal is told. Ask whoever runs the server, and compare with a backup."
                )
            )
        elif checked.faults:
            lines.append(self.env._("But there are faults elsewhere: check the register now."))
        self._as_system().write({"result": "\n".join(lines), "is_same": holds})
        return self._action_form(name=self.env._("Compare with a Mail"), target="new")
