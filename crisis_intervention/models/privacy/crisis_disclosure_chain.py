import logging

import psycopg2
from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ...lib.disclosure_chain import START, Verdict, check, link
from ...sealed_fields import keyring

_logger = logging.getLogger(__name__)

# What a link of the chain holds, besides its number.
CONTENT = (
    "user_id",
    "date",
    "res_model",
    "res_id",
    "field_names",
    "way",
    "ip",
    "device",
    "case_id",
    "student_id",
    "company_id",
    "entry_id",
)
# What makes readings of one hour the same one.
SAME = ("user_id", "res_model", "res_id", "field_names", "way")
BATCH = 2000
# Of the advisory lock under which one transaction at a time adds to the chain.
_LOCK = 0x63726973


class CrisisDisclosureChain(models.AbstractModel):
    """The chain over the register: closed in steps of its own, so that no reader waits for another.

    Its end (number of rows and last hash) stands outside of the table, signed with the key of the
    server, which is not in the database: rows deleted from the end, or a chain that somebody with
    access to the database has written anew, do not fit it. Part of ``crisis.disclosure``.
    """

    _name = "crisis.disclosure.chain"
    _description = "Chain of the Register of Disclosures"

    def init(self):
        """Make the place for the end of the chain: a table that no model shows."""
        self.env.cr.execute(
            """CREATE TABLE IF NOT EXISTS crisis_disclosure_head (
                   id int PRIMARY KEY CHECK (id = 1),
                   count int NOT NULL, hash varchar NOT NULL, signature varchar NOT NULL)"""
        )

    @api.model
    def _close_chain(self, limit=BATCH):
        """Close the chain over the rows that wait; whoever comes second leaves it to the first.

        :return: number of rows the chain was closed over
        """
        cr = self.env.cr
        cr.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cr.fetchone()[0]:
            return 0
        keys = keyring(self.env)
        # fails here, before anything is done, when this transaction began before the last one ended
        cr.execute(
            "SELECT count, hash FROM crisis_disclosure_head FOR UPDATE", log_exceptions=False
        )
        count, previous = cr.fetchone() or (0, START)
        rows = self._chain_rows(SQL("number IS NULL"), SQL("id"), limit)
        if not rows:
            return 0
        firsts = self._first_readings(rows)
        done = []
        for id_, _number, _hash, content in rows:
            count += 1
            said = dict(zip(CONTENT, content, strict=True))
            key = tuple(said[name] for name in SAME)
            said["entry_id"] = self._entry_of(firsts.setdefault(key, []), id_, said["date"])
            previous = link(previous, (count, *said.values()))
            done.append((id_, count, previous, said["entry_id"]))
        cr.execute_values(
            """UPDATE crisis_disclosure d
                  SET number = v.number, hash = v.hash, entry_id = v.entry_id::int
                 FROM (VALUES %s) AS v (id, number, hash, entry_id) WHERE d.id = v.id""",
            done,
            page_size=len(done),
        )
        cr.execute(
            """INSERT INTO crisis_disclosure_head (id, count, hash, signature)
               VALUES (1, %(count)s, %(hash)s, %(signature)s)
               ON CONFLICT (id) DO UPDATE SET count = %(count)s, hash = %(hash)s,
                                              signature = %(signature)s""",
            {
                "count": count,
                "hash": previous,
                "signature": keys.sign(_signed(count, previous)),
            },
        )
        self.invalidate_model()
        # a copy of the end that whoever changes the database does not reach
        _logger.info("Register of disclosures: %s rows, chain ends with %s", count, previous)
        return len(done)

    def _chain_rows(self, condition, order, limit):
        """Return (id, number, hash, content) of rows."""
        columns = SQL(", ").join(map(SQL.identifier, CONTENT))
        return [
            (id_, number, hash_, tuple(content))
            for id_, number, hash_, *content in self.env.execute_query(
                SQL(
                    "SELECT id, number, hash, %s FROM crisis_disclosure WHERE %s ORDER BY %s "
                    "LIMIT %s",
                    columns,
                    condition,
                    order,
                    limit,
                )
            )
        ]

    def _first_readings(self, rows):
        """Return dict of what makes readings the same to the (date, id) of entries in the chain.

        Requests that ran at the same moment have not seen each other; here each sees all before.
        """
        begin = min(content[CONTENT.index("date")] for *_ids, content in rows)
        users = tuple({content[CONTENT.index("user_id")] for *_ids, content in rows})
        firsts = {}
        for id_, date, *same in self.env.execute_query(
            SQL(
                "SELECT id, date, %s FROM crisis_disclosure WHERE number IS NOT NULL"
                " AND entry_id IS NULL AND user_id IN %s"
                " AND date > %s - interval '1 hour' ORDER BY id",
                SQL(", ").join(map(SQL.identifier, SAME)),
                users,
                begin,
            )
        ):
            firsts.setdefault(tuple(same), []).append((date, id_))
        return firsts

    def _entry_of(self, firsts, id_, date):
        """Return the entry that a reading belongs to, None where it is an entry; note the latter.

        :param firsts: list of (date, id) of entries of the same
        """
        for begin, entry_id in firsts:
            if abs((date - begin).total_seconds()) < 3600:
                return entry_id
        firsts.append((date, id_))
        return None

    @api.model
    def _cron_close_chain(self):
        """Close the chain over all rows that wait."""
        try:
            while done := self._close_chain():
                if not self.env["ir.cron"]._commit_progress(done):
                    break
        except psycopg2.errors.SerializationFailure:
            # somebody looking at the register has just done it
            self.env.cr.rollback()

    @api.model
    def _verify_chain(self):
        """Check the whole register.

        :return: ``disclosure_chain.Verdict``
        """
        self._close_chain()
        cr = self.env.cr
        cr.execute("SELECT count, hash, signature FROM crisis_disclosure_head")
        head = cr.fetchone()
        if head:
            count, hash_, signature = head
            if not keyring(self.env).verifies(signature, _signed(count, hash_)):
                return Verdict(0, "head")
        else:
            count, hash_ = 0, START
        return check(self._chain(), count, hash_)

    def _chain(self):
        """Yield (number, hash, content) of the chain in order."""
        after = 0
        while rows := self._chain_rows(SQL("number > %s", after), SQL("number"), BATCH):
            for _id, number, hash_, content in rows:
                yield number, hash_, content
            after = rows[-1][1]

    @api.model
    def action_verify(self):
        """Check the register and say what was found.

        :raises AccessError: the user is no principal
        """
        if not self.env.user.has_group("crisis_intervention.group_principal"):
            raise AccessError(self.env._("The principal has the register checked."))
        verdict = self._verify_chain()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "danger" if verdict.problem else "success",
                "sticky": bool(verdict.problem),
                "message": self._verdict_text(verdict),
            },
        }

    def _verdict_text(self, verdict):
        """Say in words what checking the chain found."""
        number = verdict.number
        entry = self.search([("number", "=", number)], limit=1)
        when = entry and fields.Datetime.context_timestamp(self, entry.date).strftime("%F %T")
        texts = {
            "": self.env._(
                "The register is complete and unchanged: %(count)s readings.", count=verdict.count
            ),
            "changed": self.env._(
                "Reading number %(number)s (%(when)s) was changed outside of the system. What "
                "stands before it is unchanged.",
                number=number,
                when=when or "–",
            ),
            "missing": self.env._(
                "Reading number %(number)s was deleted outside of the system. What stands before "
                "it is unchanged.",
                number=number,
            ),
            "tail": self.env._(
                "Everything after reading number %(number)s was deleted outside of the system.",
                number=number,
            ),
            "head": self.env._(
                "The register does not fit its signed end: it was written anew outside of the "
                "system, or the key that signed it is missing. Compare with a backup."
            ),
        }
        return texts[verdict.problem]


def _signed(count, hash_):
    """Return the text that the end of the chain is signed by."""
    return f"{count}:{hash_}"
