import json
from datetime import datetime

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError

from ...identity import require_person
from ...jobs import Job, Place
from ...register_anchors import given_up
from ...register_kept import judged, newest
from ...register_night import check_by_parts
from ...register_state import keep_check
from ...roles import PRINCIPAL
from ...seal_keys import has_key
from .crisis_disclosure_alarm import WHOLE

STATES = [
    ("ok", "Complete"),
    ("faults", "Faults Found"),
    ("forged", "Not Made by This Server"),
    ("unknown", "Not Known Who Made It"),
]


class CrisisRegisterCheck(models.Model):
    """A check of the whole register that was made: until where it is complete, or what is wrong.

    It is about the register of all schools, so every principal reads it. Which signed records are not
    what was signed, it tells those who may read them; others learn how many there are.
    """

    _name = "crisis.register.check"
    _description = "Check of the Register"
    _inherit = ["crisis.written.by.system", "crisis.register.mail", "crisis.register.late"]
    _order = "date desc, id desc"
    _outlives_erasure = True
    _rec_name = "date"

    date = fields.Datetime(string="When", required=True)
    user_id = fields.Many2one("res.users", string="Who Asked", required=True, ondelete="restrict")
    row_count = fields.Integer(
        string="Rows Checked", aggregator=None, help="Those in archives included."
    )
    last_number = fields.Integer(aggregator=None)
    last_link = fields.Char(
        help="What every row up to there is part of: 64 digits that no other history leads to."
    )
    last_date = fields.Datetime(string="Last Row Of")
    archive_count = fields.Integer(string="Archives Checked", aggregator=None)
    anchor_count = fields.Integer(
        string="Ends Compared", aggregator=None, help="Those in the file outside of the database."
    )
    anchor_number = fields.Integer(string="Known Outside Until", aggregator=None)
    fault_count = fields.Integer(string="Faults", aggregator=None)
    findings = fields.Text(
        groups=fields.NO_ACCESS, help="All that was found, of all schools; JSON."
    )
    from_number = fields.Integer(
        string="Checked Behind",
        aggregator=None,
        help="Rows up to this number were seen by an earlier check, and not again by this one.",
    )
    seconds = fields.Float(string="Took (Seconds)", digits=(12, 1), aggregator=None)
    signature = fields.Char(groups=fields.NO_ACCESS)
    state = fields.Selection(STATES, compute="_compute_state")
    statement = fields.Text(compute="_compute_statement")
    fault_text = fields.Text(string="What Was Found", compute="_compute_fault_text")
    alarm_count = fields.Integer(string="Open Alarms", compute="_compute_alarm_count")
    is_last = fields.Boolean(compute="_compute_is_last")

    @api.depends("fault_count", "findings")
    def _compute_state(self):
        """Say what came of it, where it is a check that was made."""
        is_genuine = judged(self.env, self.ids)
        for check in self:
            said = "faults" if check.fault_count else "ok"
            check.state = {True: said, False: "forged"}.get(is_genuine.get(check.id), "unknown")

    @api.depends_context("uid", "lang", "tz")
    @api.depends("state")
    def _compute_statement(self):
        """Say in whole sentences what is proven until when."""
        for check in self:
            check.statement = "\n".join(check._sentences())

    def _sentences(self):
        """Return what is proven until when, sentence by sentence."""
        if self.state == "forged":
            return [
                self.env._(
                    "This check was not made by this server, or was changed in the database. Check "
                    "now, and ask whoever runs the server."
                )
            ]
        if self.state == "unknown":
            return [
                self.env._(
                    "Nobody can tell whether this server has made this check: it is not signed, or "
                    "with a key that the server does not have. Check now, and ask whoever runs the "
                    "server."
                )
            ]
        sentences = []
        if self.state == "faults":
            sentences.append(
                self.env._(
                    "The register, or what was signed, is not as the system has left it: "
                    "%(count)s faults.",
                    count=self.fault_count,
                )
            )
        else:
            sentences.append(self._complete_line(self.last_number, self.last_date))
        if self.from_number:
            sentences.append(
                self.env._(
                    "What came after number %(number)s was checked now; all before that by the last "
                    "nightly check, and again by the next one.",
                    number=self.from_number,
                )
            )
        if self.anchor_count:
            sentences.append(self._outside_line(self.anchor_count, self.anchor_number))
        else:
            sentences.append(
                self.env._(
                    "No end of it is known outside of the database yet (file of the server)."
                )
            )
        return [*sentences, *self._restored_lines(), self._last_mail_line()]

    @api.model
    def _restored_lines(self):
        """Say which ends that were known outside do not count."""
        return [
            self.env._(
                "Whoever runs the server has said on %(moment)s that a backup was rightly restored: "
                "what was known outside of numbers %(first)s–%(last)s before that does not count, "
                "and what was read between the backup and that day is not in the register. Ask, if "
                "you do not know of it.",
                moment=self._moment_text(parts.moment.removesuffix("Z").replace("T", " ")),
                first=parts.first,
                last=parts.last,
            )
            for parts in given_up(self.env)
        ]

    @api.model
    def _complete_line(self, number, moment):
        """Say until where the register is complete."""
        return self.env._(
            "Complete and unchanged up to number %(number)s of %(moment)s.",
            number=number,
            moment=self._moment_text(moment),
        )

    @api.model
    def _outside_line(self, count, number):
        """Say until where it is known outside of the database."""
        return self.env._(
            "Known outside of the database until number %(number)s (%(count)s ends compared).",
            number=number,
            count=count,
        )

    @api.model
    def _summary(self, checked, records, files):
        """Return the sentences for whoever runs the server.

        :param checked: ``register_check.Checked``
        :param records: findings of signed records
        :param bool files: their files were opened
        """
        lines = [
            self.env._(
                "%(rows)s rows checked, %(archives)s archives.",
                rows=checked.count,
                archives=checked.archives,
            )
        ]
        if not checked.faults:
            # sudo: crisis.disclosure - the moment of one row
            last = self.env["crisis.disclosure"].sudo()
            row = last.search([("number", "=", checked.end.number)])
            lines.append(self._complete_line(checked.end.number, row.date))
            lines.append(self.env._("Its link: %(link)s", link=checked.end.hash))
        lines += [self._outside_line(checked.anchors, checked.anchored), *self._restored_lines()]
        if records:
            lines.append(
                self.env._("Signed records that are not what was signed: %(n)s", n=len(records))
            )
        elif files:
            lines.append(self.env._("Signed records are what was signed, and so are their files."))
        else:
            lines.append(self.env._("Signed records are what was signed (files not opened)."))
        return lines

    @api.depends_context("uid", "lang", "tz", "allowed_company_ids")
    @api.depends("findings", "state")
    def _compute_fault_text(self):
        """List what was found; of records only those that the reader may read."""
        self.fault_text = ""
        # what somebody else has written need not be readable
        for check in self.filtered(lambda check: check.state in ("ok", "faults")):
            # sudo: crisis.register.check - findings of all schools; the lines tell what is below
            findings = json.loads(check.sudo().findings or "[]")
            about = [finding for finding in findings if "model" in finding]
            shown = self._readable(about)
            lines = [
                self._finding_line(finding)
                for finding in findings
                if "model" not in finding or (finding["model"], finding["id"]) in shown
            ]
            told = sum((finding["model"], finding["id"]) in shown for finding in about)
            chain = len(findings) - len(about)
            if others := check.fault_count - told - chain:
                lines.append(
                    self.env._(
                        "%(count)s more, not shown one by one: of other schools, or of records "
                        "that are not yours to read.",
                        count=others,
                    )
                )
            check.fault_text = "\n".join(lines)

    @api.model
    def _readable(self, findings):
        """Return the set of (model, id) of those records that the user may read."""
        shown = set()
        for model in {finding["model"] for finding in findings} & self.env.registry.keys():
            kind = self.env[model].with_context(active_test=False)
            if kind.has_access("read"):
                ids = [finding["id"] for finding in findings if finding["model"] == model]
                shown |= {(model, id_) for id_ in kind.search([("id", "in", ids)]).ids}
        return shown

    @api.model
    def _finding_line(self, finding):
        """Say what was found, and where.

        :param dict finding: see ``register_state.findings_of``
        """
        text = self.env["crisis.disclosure"]._problem_text(finding["problem"])
        if "model" in finding:
            return self._record_line(text, finding)
        if finding["problem"] in WHOLE:
            return text
        if finding["problem"] == "archive":
            return self.env._("%(text)s: %(year)s", text=text, year=finding["number"])
        if finding["last"]:
            numbers = f"{finding['number']}–{finding['last']}"
        else:
            numbers = str(finding["number"])
        moment = finding["moment"] and datetime.fromisoformat(finding["moment"])
        return self.env._(
            "%(text)s: number %(numbers)s, about %(moment)s",
            text=text,
            numbers=numbers,
            moment=self._moment_text(moment),
        )

    @api.model
    def _record_line(self, text, finding):
        """Say which record it is: its kind and reference, never a name."""
        model = finding["model"]
        # sudo: display names of our models are references
        record = self.env[model].sudo().browse(finding["id"]).exists() if model in self.env else ()
        return self.env._(
            "%(text)s: %(kind)s %(reference)s",
            text=text,
            # sudo: ir.model - the name of a kind of record
            kind=self.env["ir.model"].sudo()._get(model).name or model,
            reference=record.display_name if record else f"#{finding['id']}",
        )

    @api.model
    def _mail_line(self, number, holds):
        """Say whether the register still holds what a mail told of."""
        if holds:
            return self.env._("It still holds number %(number)s as in the mail.", number=number)
        return self.env._(
            "It does not hold number %(number)s as in the mail: it was changed, or taken back to an "
            "earlier state.",
            number=number,
        )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_alarm_count(self):
        """Count the alarms that the user may see and nobody has seen."""
        register = self.env["crisis.disclosure"]
        count = register.search_count([("is_open", "=", True)]) if self else 0
        self.alarm_count = count

    def _compute_is_last(self):
        """Tell the newest check that was made from those before, and from what somebody has added."""
        last = newest(self.env).get("id")
        for check in self:
            check.is_last = check.id == last

    @api.model
    def _check_principal(self):
        """Demand a principal.

        :raises AccessError: it is somebody else
        """
        self.check_access("read")
        if not self.env.user.has_group(PRINCIPAL):
            raise AccessError(self.env._("The register is checked by the principal."))

    def action_check_now(self):
        """Check everything now, and show what was found; which records are selected is all the same.

        :raises AccessError: the user is no principal, or not who has logged in
        """
        self._check_principal()
        require_person(self.env)
        return self.browse(keep_check(self.env, self.env.uid))._action_page()

    @api.model
    def _action_state(self):
        """Show the newest check; where there is none yet, make one.

        Code calls it, for the menu, so what it makes is nobody's but the system's.
        """
        self._check_principal()
        last = newest(self.env).get("id") or keep_check(self.env, SUPERUSER_ID)
        return self.browse(last)._action_page()

    def _action_page(self):
        """Return the window action that shows this check as the state of the register."""
        return self._action_form(
            name=self.env._("State of the Register"),
            context={"create": False},
        )

    def action_view_checks(self):
        """List the checks of before."""
        self._check_principal()
        return self._action_list([], name=self.env._("Checks of the Register"))

    def action_view_archives(self):
        """List the archives."""
        self._check_principal()
        return self.env["crisis.register.archive"]._action_list(
            [], name=self.env._("Archives of the Register")
        )

    def action_view_alarms(self):
        """List the open alarms."""
        self._check_principal()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "crisis_intervention.crisis_disclosure_action"
            ),
            "context": {"search_default_open_alarms": 1},
        }

    def action_compare(self):
        """Open the dialog that compares the register with a mail."""
        self._check_principal()
        return self.env["crisis.register.compare"]._action_form(
            name=self.env._("Compare with a Mail"), target="new"
        )

    @api.model
    def _cron_check(self):
        """Check everything every night, part by part; what is found becomes alarms."""
        if not has_key(self.env):
            return
        with Job(self, "_cron_check", irreversible=False) as job:
            parts = check_by_parts(self.env)
            while (is_more := job.find(lambda: next(parts, False), "check")) is not None:
                job.progress(1, more=is_more)
                if not is_more:
                    break
            alarms = self.env["crisis.disclosure"]
            job.work([Place(self._name, part="tell")], lambda _place: alarms._tell_principals())
