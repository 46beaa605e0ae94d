import logging

from odoo import SUPERUSER_ID, api
from odoo.addons.crisis_intervention.signatures import sign_existing

_logger = logging.getLogger(__name__)


def migrate(cr, version):
    """Sign what was submitted, signed or decided before the server signed such records."""
    total = sign_existing(api.Environment(cr, SUPERUSER_ID, {}))
    _logger.info("Signed %s records", total)
