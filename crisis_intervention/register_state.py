"""The state of the register: everything checked, what was found, kept and told.

Functions of a module: a check that is kept is one that was made; code that an administrator enters in
Odoo may ask for one, and write none.
"""

import json
import time
from dataclasses import dataclass, field

from odoo import SUPERUSER_ID, fields
from odoo.exceptions import AccessError, UserError
from odoo.http import request
from odoo.tools import SQL

from . import register_kept
from .lib.disclosure_chain import first_faults
from .lib.signed_content import Finding
from .register import bounded, note_event, raise_alarm
from .register_check import Checked, check_behind, check_chain, check_records, outside

# Of each problem so many are kept and told one by one: more of them tell nothing more.
KEPT = 20
# Rows from which on a check that somebody waits for leaves those that were seen to the nightly one.
MANY = 200_000


@dataclass
class Found:
    """What checking everything found.

    :ivar checked: ``register_check.Checked``
    :ivar records: findings of signed records, see ``register_check.check_records``
    :ivar seconds: how long it took
    """

    checked: Checked
    records: list = field(default_factory=list)
    seconds: float = 0.0

    @property
    def fault_count(self):
        """Return how many faults there are."""
        return len(self.checked.faults) + len(self.records)


def check_all(env, anchors=None, files=False):
    """Check chain, archives, anchors and signed records; nothing is written.

    :param anchors: see ``register_check.check_chain``
    :param bool files: open the files of signed records as well
    :return: ``Found``
    """
    begin = time.monotonic()
    checked = check_chain(env, anchors)
    records = not_made(env) + check_records(env, files=files)
    return Found(checked, records, round(time.monotonic() - begin, 1))


def not_made(env):
    """Find checks that this server has not made, or that somebody has changed."""
    return [
        Finding("not_made", register_kept.MODEL, id_)
        for id_, is_genuine in register_kept.judged(env).items()
        if not is_genuine
    ]


def findings_of(env, found):
    """Return what was found, of each problem the first ones, as a list of dicts that JSON knows.

    Of the chain: problem, number, last, moment (about when, ISO or None); of records: problem,
    model, id, field (of a file, or empty).
    """
    findings = [
        {
            "problem": fault.problem,
            "number": fault.number,
            "last": fault.last,
            "moment": _moment(env, fault),
        }
        for fault in first_faults(found.checked.faults, KEPT)
    ]
    seen = {}
    for finding in found.records:
        seen[finding.problem] = seen.get(finding.problem, 0) + 1
        if seen[finding.problem] <= KEPT:
            findings.append(
                {
                    "problem": finding.problem,
                    "model": finding.model,
                    "id": finding.res_id,
                    "field": finding.field,
                }
            )
    return findings


def _moment(env, fault):
    """Return about when a row was written: the moment of the last one up to there."""
    if fault.problem == "archive":
        return None
    moments = env.execute_query(
        SQL(
            "SELECT %s FROM crisis_disclosure WHERE number <= %s ORDER BY number DESC LIMIT 1",
            bounded(SQL.identifier("date")),
            fault.number,
        )
    )
    return moments[0][0].isoformat() if moments and moments[0][0] else None


def keep_check(env, uid=SUPERUSER_ID, files=False):
    """Check everything, keep what was found, and let it become alarms.

    In a register with many rows those that the last check of all rows has seen are left to the next
    one: nobody can wait for them.

    :param int uid: who asked
    :return: id of the check
    """
    base = _base(env)
    if not base:
        return keep_found(env, check_all(env, files=files), uid)
    begin = time.monotonic()
    checked = check_behind(env, base)
    records = not_made(env) + check_records(env, files=files)
    found = Found(checked, records, round(time.monotonic() - begin, 1))
    return keep_found(env, found, uid, base["last_number"])


def _base(env):
    """Return what the last check of all rows says, where this one goes on from there; else {}."""
    rows = env.execute_query(
        SQL("SELECT FROM crisis_disclosure WHERE number > 0 LIMIT 1 OFFSET %s", MANY)
    )
    return register_kept.newest(env, full=True) if rows else {}


def keep_found(env, found, uid=SUPERUSER_ID, first=0):
    """Keep what a check has found, and let it become alarms.

    :param found: ``Found``
    :param int uid: who asked
    :param int first: only rows behind this number were looked at
    :return: id of the check
    """
    findings = findings_of(env, found)
    _raise_alarms(env, findings)
    checked = found.checked
    values = {
        "date": fields.Datetime.now(),
        "user_id": uid,
        "row_count": checked.count,
        "last_number": checked.end.number,
        "last_link": checked.end.hash,
        "last_date": _date_of(env, checked.end.number),
        "archive_count": checked.archives,
        "anchor_count": checked.anchors,
        "anchor_number": checked.anchored,
        "fault_count": found.fault_count,
        "findings": json.dumps(findings),
        "seconds": found.seconds,
        "from_number": first,
    }
    return register_kept.keep(env, values)


def _raise_alarms(env, findings):
    """Let what was found become alarms; the register keeps each of them once."""
    for finding in findings:
        if "model" in finding:
            raise_alarm(env, *(finding[name] for name in ("problem", "model", "id", "field")))
        else:
            raise_alarm(env, f"{finding['problem']}:{finding['number']}")


def _date_of(env, number):
    """Return the moment of a row, None where it is not in the table."""
    found = env.execute_query(
        SQL(
            "SELECT %s FROM crisis_disclosure WHERE number = %s",
            bounded(SQL.identifier("date")),
            number,
        )
    )
    return found[0][0] if found else None


def compare(env, number, link_):
    """Tell whether the register still holds the row that a mail told of; if not, raise an alarm.

    :param int number: its number
    :param str link_: its link (64 hexadecimal digits)
    :return: (whether it does, ``Checked`` of the register, see ``keep_check``)
    """
    base = _base(env)
    asked = {number: link_}
    checked = check_behind(env, base, asked) if base else check_chain(env, asked)
    holds = is_held(checked, number)
    if not holds:
        # of its own kind: somebody may have mistyped it, which must not hide what is found otherwise
        raise_alarm(env, f"mail:{number}")
    return holds, checked


def is_held(checked, number):
    """Tell whether the row with this number was found as it was known outside.

    :param checked: ``Checked`` against a dict with this number
    """
    return number > 0 and not any(
        (fault.problem in ("older", "changed") and fault.number == number)
        or (fault.problem == "missing" and fault.number <= number <= fault.last)
        for fault in checked.faults
    )


def accept_restore(env, anchors=None):
    """Enter that a backup was rightly restored, so that newer ends known outside do not count.

    For whoever runs the server, who has the keys; code that Odoo evaluates cannot come here.

    :param Path anchors: the file of anchors, where it is not the one of this server
    :raises AccessError: Odoo serves a request
    :raises UserError: nothing is newer than the register, or the server has no key
    """
    if request:
        raise AccessError(env._("Only the command of the server accepts a restored backup."))
    known, _missed = outside(env, anchors)
    checked = check_chain(env, known)
    newer = {number for number in known if number > checked.end.number}
    newer |= {fault.number for fault in checked.faults if fault.problem == "older"}
    if not newer:
        raise UserError(
            env._("Nothing known outside is newer than the register: there is nothing to accept.")
        )
    note_event(env, "restored", text=f"{min(newer)}:{max(newer)}")


def verify(env, anchors=None, mail=None, files=False):
    """Check everything for whoever runs the server; nothing is written.

    :param Path anchors: the file of anchors, where it is not the one of this server
    :param mail: (number, link) out of a mail
    :param bool files: open the files of signed records as well
    :return: (list of lines, whether all is well)
    """
    known, missed = outside(env, anchors)
    number, link_ = mail or (0, "")
    found = check_all(env, {number: link_, **known} if mail else known, files)
    found.checked.faults += missed
    findings = findings_of(env, found)
    check = env[register_kept.MODEL].with_context(tz="UTC")
    lines = check._summary(found.checked, found.records, files)
    holds = True
    if mail:
        # where the file knows that row too, it was compared with the one of the file
        holds = known.get(number, link_) == link_ and is_held(found.checked, number)
        lines.append(check._mail_line(number, holds))
    lines += [check._finding_line(finding) for finding in findings]
    if found.fault_count > len(findings):
        lines.append(env._("Faults in all: %(count)s", count=found.fault_count))
    return lines, holds and not found.fault_count
