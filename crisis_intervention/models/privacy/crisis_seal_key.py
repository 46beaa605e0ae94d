from odoo import api, fields, models

from ...seal_key_state import begin_keys, keep_used, states_of
from ...seal_key_use import seal_keys_in_use
from ...seal_keys import key_problem


class CrisisSealKey(models.Model):
    """A key of the server by its name: what it is for now, and whether it may be taken away.

    The key itself is never here. Functions of a module write the rows (``seal_key_state``).
    """

    _name = "crisis.seal.key"
    _description = "Key of Sealed Texts"
    _inherit = ["crisis.written.by.system"]
    _order = "date desc, id desc"
    _outlives_erasure = True

    name = fields.Char(required=True)
    check_value = fields.Char(
        groups=fields.NO_ACCESS, help="Tells the key from another one of this name; not the key."
    )
    date = fields.Datetime(string="Known Since", required=True)
    state = fields.Selection(
        [
            ("newest", "Seals and signs"),
            ("older", "Opens what is older"),
            ("wrong", "Wrong key"),
            ("missing", "Missing"),
            ("gone", "Not needed any more"),
        ],
        compute="_compute_state",
    )
    used_count = fields.Integer(
        string="Sealed or Signed With It",
        compute="_compute_state",
        help="Texts, files, archives and signatures that need this key.",
    )
    may_go = fields.Boolean(string="May Be Taken Away", compute="_compute_state")
    statement = fields.Char(string="What to Do", compute="_compute_state")

    _name_uniq = models.Constraint("UNIQUE (name)", "There is one row for each key.")

    def _register_hook(self):
        """Look at the keys of the server as it starts."""
        super()._register_hook()
        begin_keys(self.env)

    @api.depends("name")
    @api.depends_context("lang")
    def _compute_state(self):
        """Tell what each key is for, counted now."""
        # sudo: crisis.seal - how much there is of each key; nothing of it is returned
        known, used = states_of(self.env), seal_keys_in_use(self.sudo().env)
        for key in self:
            key.used_count = used.get(key.name, 0)
            key.state = known.get(key.name) or ("missing" if key.used_count else "gone")
            key.may_go = key.state == "older" and not key.used_count
            key.statement = key._said()

    def _said(self):
        """Return in a sentence what whoever runs the server does with this key."""
        waits = self.env._(
            "Keep it: the scheduled action “Crisis: seal texts anew with the newest key” still has "
            "%(count)s to do, or could not open them.",
            count=self.used_count,
        )
        texts = {
            "newest": self.env._("In use. Keep a copy outside of the server."),
            "older": waits
            if self.used_count
            else self.env._("Nothing needs it any more: it may be taken away."),
            "wrong": self.env._(
                "The server has another key of this name than before: nothing is read, sealed or "
                "signed with it. Put the right one back."
            ),
            "missing": key_problem(self.env)
            or self.env._(
                "The server does not have it, and %(count)s texts, files and signatures need it. "
                "Add it to the keys, behind the newest.",
                count=self.used_count,
            ),
            "gone": self.env._("It was taken away, and nothing needs it."),
        }
        return texts[self.state]

    @api.model
    def _action_keys(self):
        """Return the page of the keys, those that are missing included.

        Code calls it, for the menu; what it keeps are names of keys.
        """
        self.check_access("read")
        keep_used(self.env)
        return self._action_list([], name=self.env._("State of the Keys"))
