from odoo import models
from odoo.exceptions import RedirectWarning

from ... import once
from ...lib.once import fingerprint, is_token, key_of


class CrisisSavedOnce(models.AbstractModel):
    """A form that is sent twice becomes one record: by a double tap, or for want of an answer.

    The form sends a token in the context (``crisis_once``). It is the user's own: with the one of
    somebody else a record of the own begins.
    """

    _name = "crisis.saved.once"
    _description = "Form that is Saved Once"

    def web_save(self, vals, specification, next_id=None):
        """Save a form; a new one that was saved already gives what it became.

        :raises RedirectWarning: it was saved, and changed afterwards: that is not lost silently
        """
        token = self.env.context.get("crisis_once")
        if token is not None:
            context = {k: v for k, v in self.env.context.items() if k != "crisis_once"}
            self = self.with_env(self.env(context=context))
        # dialogs may begin as often as one likes
        if self or next_id or self._transient or not is_token(token):
            return super().web_save(vals, specification, next_id=next_id)
        key, content = key_of(self._name, self.env.uid, token), fingerprint(token, vals)
        done = once.begin(self.env, key, content)
        if not done:
            answer = super().web_save(vals, specification)
            once.became(self.env, key, answer[0]["id"])
            return answer
        record = self.browse(done[0])
        if done[1] != content:
            raise RedirectWarning(
                self.env._(
                    "This was saved already, as %(name)s; what you wrote afterwards is not in it. "
                    "Copy it before you open what was saved, and add it there.",
                    name=record.display_name,
                ),
                record._action_form(),
                self.env._("Open what was saved"),
            )
        return record.with_context(bin_size=True).web_read(specification)
