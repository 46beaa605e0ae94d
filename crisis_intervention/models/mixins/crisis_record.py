from datetime import datetime

from odoo import api, fields, models, tools
from odoo.addons.base.models.ir_model import MODULE_UNINSTALL_FLAG
from odoo.exceptions import LockError, UserError
from odoo.fields import Domain
from odoo.http import request
from odoo.tools import SQL

from ...walls import is_loading

# Context keys by which callers switch off what Odoo notes, posts or plans. Our records note what
# happens to them whoever asks for silence; migrations and the like, which are no client, may.
UNHEARD = frozenset(
    (
        "mail_activity_automation_skip",
        "mail_auto_subscribe_no_notify",
        "mail_create_nolog",
        "mail_create_nosubscribe",
        "mail_notify_author",
        "mail_notify_author_mention",
        "mail_notify_force_send",
        "mail_notrack",
        "mail_post_autofollow",
        "mail_post_autofollow_author_skip",
        "tracking_disable",
    )
)


class CrisisRecord(models.AbstractModel):
    """The base of all our records: what a kind of record declares, and what all of them can do.

    A kind of record says about itself what the rest of the system has to know, by the methods
    below; an addon that brings a kind touches nothing else. What a method returns is the same for
    all users and languages: it is collected once and cached on the registry.
    """

    _name = "crisis.record"
    _description = "Record of Crisis Intervention"
    _inherit = [
        "crisis.saved.once",
        "crisis.client.guard",
        "crisis.text.guard",
        "crisis.same.answer",
        "crisis.signing",
    ]

    # Two letters before the reference of a numbered kind, e.g. "CI"; None: it has no reference.
    _number_prefix = None
    # States in which a record counts and others are told of it; empty: in any.
    _finished_states = ()
    # Why members of staff see one without a role in the case: code of ``crisis.case.audience``.
    _staff_relation = "own"
    # A register that outlives what it is about: erasure leaves it alone.
    _outlives_erasure = False

    # ------------------------------------------------------------------ declarations

    @api.model
    def _timeline_events(self):
        """Return the ``Event`` s of this kind that stand in the timeline of a case.

        Their fields are stored, and so is the link to the case: ``case_id``, or what
        ``_case_sharing`` names. Records that exist before a kind declares an event get their lines
        by ``crisis.chronology._write_anew``.
        """
        return ()

    def _timeline_detail(self):
        """Return what a line of the timeline says besides its kind, in the reader's language.

        Harmless words only: by default the reference.
        """
        return self["name"] if "name" in self._fields else ""

    @api.model
    def _case_chapters(self):
        """Return the ``Chapter`` s that this kind brings to the case file."""
        return ()

    @api.model
    def _permission_excerpt(self):
        """Return the ``Excerpt`` that a permission to look opens in the reading room, or None."""
        return

    @api.model
    def _emergency_excerpt(self):
        """Return the ``Excerpt`` that an emergency access shows at once, or None: what helps now."""
        return

    @api.model
    def _guardian_excerpt(self):
        """Return the ``Excerpt`` that goes into the copy for a guardian, or None."""
        return

    @api.model
    def _case_sharing(self):
        """Return how records of this kind may be about several children (``Sharing``), or None."""
        return

    @api.model
    def _identifying_facts(self):
        """Return the names of fields, beside texts and links, that would tell who it was."""
        return ()

    @api.model
    def _case_steps(self):
        """Return the ``Step`` s of a case that are done with records of this kind."""
        return ()

    @api.model
    def _action_begin(self, case, step):
        """Return the window action that begins a record of this kind, to do a step of ``case``.

        :param step: ``Step`` that this kind declares
        :raises UserError: it is done with a record that has to be there already
        """
        context = {"default_case_id": case.id, **dict(step.context)}
        return self._action_form(name=case.name, context=context)

    @api.model
    def _stage_gates(self):
        """Return the ``Gate`` s that records of this kind can meet."""
        return ()

    @api.model
    def _cases_meeting_gate(self, gate, cases):
        """Return those of ``cases`` in which records of this kind meet ``gate``.

        :param gate: ``crisis.stage.gate`` with a code that this kind declares
        :param cases: ``crisis.case`` records with superuser rights
        """
        domain = self._in_cases(cases) & Domain(self._gate_domain(gate))
        ids = {case.id for [case] in self._read_group(domain, [self._case_link()])}
        return cases.filtered(lambda case: case._origin.id in ids)

    @api.model
    def _gate_domain(self, gate):
        """Return the conditions under which a record of this kind meets ``gate``, as a list."""
        [states] = [each.states for each in self._stage_gates() if each.code == gate.code]
        return [("state", "in", states)]

    @api.model
    def _action_meet_gate(self, code, case):
        """Return the window action with which gate ``code`` of this kind is met in ``case``.

        By default the step of the same name is done, or a record begun.
        """
        if code in self._by_code("_case_steps"):
            return case._action_step(code)
        return self._action_form(name=case.name, context={"default_case_id": case.id})

    @api.model
    def _case_counter(self):
        """Return the ``Counter`` of this kind on the form of the case, or None."""
        return

    @api.model
    def _done_in_case(self):
        """Return what of this kind the closing report counts as ``Done``, several where it differs."""
        return ()

    @api.model
    def _cases_kept_open(self, cases):
        """Return dict of case to a sentence that says why this kind keeps it from being closed.

        :param cases: ``crisis.case`` records with superuser rights; the sentence names kinds only
        """
        return {}

    @api.model
    @tools.ormcache("method")
    def _collected(self, method):
        """Return what the kinds of record declare by ``method``.

        :param str method: name of one of the methods above that take no argument
        :return: tuple of (name of the model, what it declares), in the order of the names; kinds
            that declare nothing are left out
        """
        declared = ((name, getattr(self.env[name], method)()) for name in self._kinds())
        return tuple((name, value) for name, value in declared if value)

    @api.model
    @tools.ormcache("method")
    def _in_sequence(self, method):
        """Return what all kinds declare by ``method``, several each, in the order of sequence.

        :return: tuple of (name of the model, one thing that it declares)
        """
        declared = [(name, each) for name, several in self._collected(method) for each in several]
        return tuple(sorted(declared, key=lambda pair: pair[1].sequence))

    @api.model
    @tools.ormcache("method")
    def _by_code(self, method):
        """Return what all kinds declare by ``method``, several each, with a code.

        :return: dict of code to (name of the model, what it declares), in the order of sequence;
            not to be changed by callers
        """
        return {each.code: (name, each) for name, each in self._in_sequence(method)}

    @api.model
    @tools.ormcache("method", "self.env.lang")
    def _selection_of(self, method):
        """Return (code, label in the user's language) pairs of what kinds declare by ``method``."""
        declared = self._by_code(method).items()
        return tuple((code, self.env._(each.label)) for code, (_name, each) in declared)

    @api.model
    def _case_link(self):
        """Return the name of the field that leads from a record of this kind to its case."""
        sharing = self._case_sharing()
        return sharing.cases if sharing else "case_id"

    @api.model
    @tools.ormcache()
    def _kinds(self):
        """Return the names of all stored kinds of record, ours and those of addons."""
        names = self.env.registry.descendants(["crisis.record"], "_inherit")
        models_ = ((name, self.env.registry[name]) for name in names)
        return tuple(
            sorted(name for name, model in models_ if not model._abstract and not model._transient)
        )

    # ------------------------------------------------------------------ what follows from them

    @api.model
    def _finished_domain(self):
        """Return which records of this kind are finished: of drafts nobody else is told."""
        states = self._finished_states
        return Domain("state", "in", states) if states else Domain.TRUE

    @api.model
    def _excerpt_domain(self, excerpt):
        """Return which records of this kind ``excerpt`` tells of: finished ones, never drafts."""
        return self._finished_domain() & Domain(list(excerpt.domain))

    @api.model
    def _in_cases(self, cases):
        """Return which records of this kind hang on ``cases``."""
        return Domain(self._case_link(), "in", cases.ids)

    @api.model
    def _about_students(self, students):
        """Return which records of this kind are about ``students``."""
        sharing = self._case_sharing()
        return Domain(sharing.students if sharing else "student_id", "in", students.ids)

    # ------------------------------------------------------------------ timeline

    @api.model_create_multi
    def create(self, vals_list):
        """Create records; what happened by it enters the timeline of their cases."""
        records = super(CrisisRecord, self._heard()).create(vals_list).with_env(self.env)
        self.env["crisis.chronology"]._follow(records)
        return records

    def write(self, vals):
        """Write; the timeline follows where a field changes that it is made of."""
        result = super(CrisisRecord, self._heard()).write(vals)
        self.env["crisis.chronology"]._follow(self, vals)
        return result

    def unlink(self):
        """Delete, where that is allowed at all.

        By a key of the context Odoo leaves out what keeps records while a module is uninstalled; a
        client could send it at any time.
        """
        if self.env.context.get(MODULE_UNINSTALL_FLAG) and not is_loading(self.env):
            self = self.with_context(**{MODULE_UNINSTALL_FLAG: False})
        return super().unlink()

    def _heard(self):
        """Return these records without the context keys that would keep silent what happens.

        The system may keep silent, but not on behalf of a client: where a request is answered, the
        context came with it, also after ``sudo``.
        """
        if UNHEARD.isdisjoint(self.env.context) or (self.env.su and not request):
            return self
        kept = {key: value for key, value in self.env.context.items() if key not in UNHEARD}
        return self.with_env(self.env(context=kept))

    # ------------------------------------------------------------------ what all can do

    def _action_form(self, **values):
        """Return the window action that opens this record, or a new one of this kind.

        :param values: more of the action, or other than usual: name, context, target, views
        """
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            **values,
        }

    @api.model
    def _action_list(self, domain, **values):
        """Return the window action that lists the records of ``domain``.

        :param values: more of the action, or other than usual: name, context
        """
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "views": [(False, "list"), (False, "form")],
            "domain": domain,
            **values,
        }

    def _lock_rows(self, message=""):
        """Keep others from acting on these records until the end of the transaction.

        :param str message: what to say instead of the usual sentence
        :raises UserError: somebody else acts on one of them just now
        """
        try:
            self.lock_for_update(allow_referencing=True)
        except LockError:
            raise UserError(
                message or self.env._("Somebody else is working on this just now. Please reload.")
            ) from None

    def _claim(self, condition):
        """Lock this row, and tell whether it is still as the user saw it.

        Waits for whoever is changing the row. Then the database refuses, as its snapshot is older,
        and Odoo repeats the request: it finds what the other one did, and changes nothing.

        :param SQL condition: what the row must meet
        """
        self.ensure_one()
        self.flush_recordset()
        found = self.env.execute_query(
            SQL(
                "SELECT id FROM %s WHERE id = %s AND %s FOR NO KEY UPDATE",
                SQL.identifier(self._table),
                self.id,
                condition,
            )
        )
        self.invalidate_recordset()
        return bool(found)

    def _plan_activity(self, activity_type, users, due=None, quiet=True):
        """Give each of ``users`` an activity on each of these records: a type and a date only.

        Planned by the system for those who act next. Callers have chosen people who may read the
        records.

        :param str activity_type: full XML id of a ``mail.activity.type``
        :param users: ``res.users``
        :param due: date, or moment (UTC, naive); today by default
        :param bool quiet: without the mail that Odoo sends about an activity given by somebody else
        :return: ``mail.activity`` records
        """
        return self._plan_activities(activity_type, [(r, user) for r in self for user in users], due,
                                     quiet)  # fmt: skip

    @api.model
    def _plan_activities(self, activity_type, pairs, due=None, quiet=True):
        """Give activities to many people at once.

        :param pairs: list of (record, ``res.users``), records of any of our models
        """
        due = due or fields.Date.context_today(self)
        if isinstance(due, datetime):
            due = fields.Datetime.context_timestamp(self, due).date()
        type_id = self.env["ir.model.data"]._xmlid_to_res_id(activity_type)
        model = self.env["ir.model"]._get_id
        # sudo: mail.activity - planned by the system; it holds a type and a date, and no words
        activities = self.env["mail.activity"].sudo()
        return activities.with_context(mail_activity_quick_update=quiet).create(
            [
                {
                    "res_model_id": model(record._name),
                    "res_id": record.id,
                    "activity_type_id": type_id,
                    "user_id": user.id,
                    "date_deadline": due,
                    "automated": True,
                }
                for record, user in pairs
            ]
        )

    # ------------------------------------------------------------------ membership

    @api.model
    def _is_ours(self, model):
        """Tell whether ``model`` (a name) is a kind of record of ours, dialogs included."""
        known = self.env.registry.get(model or "")
        return bool(known) and issubclass(known, self.env.registry["crisis.record"])
