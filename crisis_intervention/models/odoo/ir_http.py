from odoo import models
from odoo.exceptions import UserError
from odoo.http import request
from odoo.tools import hmac

from ...database_errors import in_plain_words
from ...lib.limits import is_storable_whole
from ...register import enter_waiting
from ...roles import STAFF


class IrHttp(models.AbstractModel):
    """Judges what is sent, enters what answers show, tells errors in plain words and whom to alert."""

    _inherit = "ir.http"

    @classmethod
    def _dispatch(cls, endpoint):
        """Take no characters that the database refuses: into fields, searches, whatever is called.

        :raises UserError: there are some, in what is sent to a model or an address of ours
        """
        if cls._is_for_us(endpoint) and not is_storable_whole(request.params):
            raise UserError(
                request.env._(
                    "There are characters in what was sent that cannot be kept, such as from a "
                    "damaged file. Please type it anew."
                )
            )
        return super()._dispatch(endpoint)

    @classmethod
    def _is_for_us(cls, endpoint):
        """Tell whether a request is about a model of ours, or answered by code of ours."""
        module = getattr(endpoint, "__module__", "") or ""
        named = (request.params.get(name) for name in ("model", "res_model", "thread_model"))
        return module.startswith("odoo.addons.crisis_") or any(
            request.env["crisis.record"]._is_ours(name) for name in named if isinstance(name, str)
        )

    @classmethod
    def _post_dispatch(cls, response):  # pylint: disable=missing-return
        """Let no answer leave before the register holds what it shows."""
        super()._post_dispatch(response)
        enter_waiting()

    @classmethod
    def _handle_error(cls, exception):
        """Enter what was read before it failed, and say it without what the database says."""
        enter_waiting(failed=True)
        return super()._handle_error(
            in_plain_words(
                exception, request.registry, request.session.uid, cls._spoken_by_client()
            )
        )

    @classmethod
    def _spoken_by_client(cls):
        """Return the language in which the client has called, if it says so."""
        kwargs = (request.params or {}).get("kwargs")
        sent = kwargs.get("context") if isinstance(kwargs, dict) else None
        lang = sent.get("lang") if isinstance(sent, dict) else None
        return lang if isinstance(lang, str) else None

    def session_info(self):
        """Add whether the client listens for alarms, and the key of what it keeps unsent."""
        info = super().session_info()
        info["crisis_staff"] = bool(self.env.uid) and self.env.user.has_group(STAFF)
        if info["crisis_staff"]:
            # sudo: ir.config_parameter - the secret of the database, of which a digest goes out
            key = hmac(self.env(su=True), "crisis_draft", (self.env.cr.dbname, self.env.uid))
            info["crisis_draft_key"] = key
        return info
