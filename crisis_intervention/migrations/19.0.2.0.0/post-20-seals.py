import logging

from odoo import SUPERUSER_ID, api
from odoo.addons.crisis_intervention.sealing import rebind
from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)


def migrate(cr, version):
    """Bind sealed texts of fields that were renamed to their present names."""
    rebind_all(api.Environment(cr, SUPERUSER_ID, {}))


def rebind_all(env):
    """Seal them anew, as far as this server has the keys; the others stay readable as they are."""
    for field in env["crisis.seal"]._sealed_fields():
        if field.former_names:
            try:
                _logger.info("Sealed %s texts of %s for its name", rebind(env, field), field)
            except UserError:
                _logger.info("No keys: texts of %s stay sealed for its former name", field)
