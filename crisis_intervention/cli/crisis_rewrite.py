import argparse

from odoo import SUPERUSER_ID, api
from odoo.cli import Command
from odoo.modules.registry import Registry
from odoo.sql_db import db_connect
from odoo.tools import SQL, config


class CrisisRewrite(Command):
    """Write the tables that once held confidential texts plain anew, and clear the file store.

    PostgreSQL keeps what was overwritten or deleted in the files of a table until they are written
    anew, and Odoo keeps a file until its daily clean-up. Run it once after the update to 19.0.3.0.0
    while nobody works with the system: the tables are locked.
    """

    name = "crisis_rewrite"

    def run(self, cmdargs):
        """Write the tables of one database anew."""
        parser = argparse.ArgumentParser(prog=self.prog, description=self.__doc__)
        parser.add_argument("-c", "--config", help="Odoo's configuration file")
        parser.add_argument("-d", "--database", required=True)
        options = parser.parse_args(cmdargs)
        arguments = ["-d", options.database, "--no-http"]
        if options.config:
            arguments += ["-c", options.config]
        config.parse_config(arguments, setup_logging=True)
        with Registry(options.database).cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            tables = env["crisis.seal"]._tables_to_rewrite()
            env["ir.attachment"]._gc_file_store()
        rewrite(options.database, tables)
        print(f"{len(tables)} tables written anew")


def rewrite(database, tables):
    """Write ``tables`` anew, each by itself: this cannot be done within a transaction."""
    with db_connect(database).cursor() as cr:
        cr.connection.set_session(autocommit=True)
        try:
            for table in tables:
                cr.execute(SQL("VACUUM (FULL, ANALYZE) %s", SQL.identifier(table)))
        finally:
            cr.connection.set_session(autocommit=False)
