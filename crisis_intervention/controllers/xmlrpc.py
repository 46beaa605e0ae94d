import threading

import psycopg2
from odoo.addons.rpc.controllers.xmlrpc import XMLRPC
from odoo.exceptions import ConcurrencyError
from odoo.modules.registry import Registry

from ..database_errors import in_plain_words


class CrisisXMLRPC(XMLRPC):
    """Programs are told of errors of the database in plain words: Odoo would send them as they are."""

    def _xmlrpc(self, service):
        """Answer a program.

        :raises UserError: the database has refused what it asked for
        """
        try:
            return super()._xmlrpc(service)
        except (psycopg2.Error, ConcurrencyError) as error:
            thread = threading.current_thread()
            name = getattr(thread, "dbname", None)
            if not name:
                raise
            told = in_plain_words(error, Registry(name), getattr(thread, "uid", None))
        raise told
