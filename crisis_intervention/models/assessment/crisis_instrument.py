from odoo import api, fields, models
from odoo.exceptions import UserError

from ...lib.instrument_definition import INFORMANTS, definition
from ...lib.scoring import Scorer

KINDS = [
    ("questionnaire", "Questionnaire"),
    ("rating", "Rating form"),
    ("checklist", "Observation checklist"),
    ("interview", "Interview guide"),
]


class CrisisInstrument(models.Model):
    """An assessment instrument as data: items, scales, and what their scores mean.

    A published one is never changed: a new version takes its place, and old forms keep theirs.
    """

    _name = "crisis.instrument"
    _description = "Assessment Instrument"
    _inherit = [
        "crisis.instrument.tree",
        "crisis.instrument.build",
        "crisis.instrument.faults",
        "crisis.instrument.form",
        "crisis.record",
    ]
    _order = "sequence, name, id"
    _rec_names_search = ["name", "code"]

    name = fields.Char(required=True, translate=True)
    code = fields.Char(
        required=True, help="Short name that stays the same in all versions, such as phq_9."
    )
    version = fields.Char(required=True, default="1", copy=False)
    sequence = fields.Integer(default=10)
    state = fields.Selection(
        [("draft", "Draft"), ("published", "Published"), ("superseded", "Superseded")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    company_id = fields.Many2one(
        "res.company",
        string="School",
        index=True,
        default=lambda self: self.env.company,
        help="Empty: every school uses it.",
    )
    kind = fields.Selection(KINDS, required=True, default="questionnaire")
    for_student = fields.Boolean(string="Answered by Students")
    for_parent = fields.Boolean(string="Answered by Parents")
    for_teacher = fields.Boolean(string="Answered by Teachers")
    for_psychologist = fields.Boolean(string="Answered by Psychology Teachers", default=True)
    age_min = fields.Integer(string="Age from", help="In full years; 0 is no limit.")
    age_max = fields.Integer(string="Age to")
    grade_min = fields.Integer(string="Grade from", help="0 is no limit.")
    grade_max = fields.Integer(string="Grade to")
    description = fields.Text(translate=True, help="What it is for, and how it is used.")
    source = fields.Text(help="Where figures come from, and whose the wording is.")
    needs_wording = fields.Boolean(
        string="Wording Not Included",
        help="Only structure and scoring come with it. Until the school has added the wording it "
        "owns the right to, scores of paper forms are transcribed, and nobody is asked on screen.",
    )
    option_ids = fields.One2many(
        "crisis.instrument.option",
        "instrument_id",
        string="Answers",
        copy=True,
        help="Answers of all single-choice items that have none of their own.",
    )
    item_ids = fields.One2many("crisis.instrument.item", "instrument_id", string="Items")
    scale_ids = fields.One2many("crisis.instrument.scale", "instrument_id", string="Scales")
    band_ids = fields.One2many("crisis.instrument.band", "instrument_id", string="Bands")
    item_count = fields.Integer(compute="_compute_item_count")
    replaced_company_ids = fields.Many2many(
        "res.company",
        string="Replaced In",
        readonly=True,
        copy=False,
        help="Schools that have published a version of their own.",
    )
    active = fields.Boolean(default=True)

    _version_uniq = models.UniqueIndex(
        "(code, version, COALESCE(company_id, 0))",
        "This version of the instrument exists already: give it another number.",
    )

    @api.depends("item_ids")
    def _compute_item_count(self):
        """Count the items."""
        counts = dict(
            self.env["crisis.instrument.item"]._read_group(
                [("instrument_id", "in", self.ids)], ["instrument_id"], ["__count"]
            )
        )
        for instrument in self:
            instrument.item_count = counts.get(instrument._origin, 0)

    @api.depends("version", "state")
    @api.depends_context("lang")
    def _compute_display_name(self):
        """Name the version beside all but the published instrument."""
        for instrument in self:
            instrument.display_name = (
                instrument.name
                if instrument.state == "published"
                else self.env._(
                    "%(name)s (version %(version)s)",
                    name=instrument.name,
                    version=instrument.version,
                )
            )

    def write(self, vals):
        """Change drafts; of a published one only its place in lists and whether it is offered.

        :raises UserError: a published instrument would change
        """
        self.check_access("write")
        if vals.keys() - {"sequence", "active"}:
            self._check_draft()
        return super().write(vals)

    def _check_draft(self):
        """Demand drafts.

        :raises UserError: an instrument is published, or was
        """
        # sudo: crisis.instrument - its state only
        if any(instrument.state != "draft" for instrument in self.sudo()):
            raise UserError(
                self.env._(
                    "A published instrument is never changed, because forms were scored with it. "
                    "Make a new version and publish that."
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Keep instruments: forms refer to them."""
        raise UserError(self.env._("Instruments are never deleted. Archive the instrument."))

    def _set(self, vals):
        """Write what the system keeps, past the lock; callers have checked the right to do so."""
        own = super(CrisisInstrument, self._as_system())
        return own.write(vals)  # pylint: disable=super-method-mismatch

    def action_publish(self):
        """Publish drafts; each takes the place of its earlier versions.

        :raises UserError: names every fault of the definition
        """
        self.check_access("write")
        for instrument in self:
            instrument._check_draft()
            faults = instrument._faults()
            if faults:
                raise UserError(
                    self.env._("This instrument cannot be published yet:")
                    + "\n"
                    + "\n".join(faults)
                )
            earlier = self.search(
                [
                    ("code", "=", instrument.code),
                    ("state", "=", "published"),
                    ("company_id", "=", instrument.company_id.id),
                ]
            )
            earlier._set({"state": "superseded"})
            if instrument.company_id:
                # sudo: crisis.instrument - notes which school uses a version of its own; the right
                # to write the school's instrument was checked, and nothing is read
                shared = self.sudo().search(
                    [("code", "=", instrument.code), ("company_id", "=", False)]
                )
                shared._set({"replaced_company_ids": [(4, instrument.company_id.id)]})
        self._set({"state": "published"})

    def action_new_version(self):
        """Open the draft of the next version; where the user's school has none, make it.

        :return: action that opens the draft
        """
        self.ensure_one()
        begun = self.search(
            [
                ("code", "=", self.code),
                ("state", "=", "draft"),
                ("company_id", "=", self.env.company.id),
            ],
            limit=1,
        )
        return (begun or self._next_version())._action_form()

    def _next_version(self):
        """Copy the instrument into a draft of the user's school, with the next number."""
        versions = self.search([("code", "=", self.code)]).mapped("version")
        number = max((int(v) for v in versions if v.isdecimal()), default=0) + 1
        tree = {**self._tree(texts=True), "version": str(number)}
        return self._create_from_tree(tree, self.env.company)

    def copy(self, default=None):  # pylint: disable=method-required-super
        """Copy into the next version, as conditions and scales point to the copied items."""
        drafts = self.browse()
        for instrument in self:
            drafts |= instrument._next_version()
        return drafts

    def _informants(self):
        """Return who may answer the instrument, as codes."""
        return [code for code, _label in INFORMANTS if self[f"for_{code}"]]

    def _definition(self):
        """Return the definition for the scoring module."""
        return definition(self._tree())

    def _scorer(self):
        """Return the scorer of this instrument."""
        return Scorer(self._definition())

    def _result_values(self, result):
        """Return the values of an assessment for the result of scoring it.

        :param result: ``scoring.Result`` of a form of this instrument
        """
        bands = self.band_ids
        total = next((s for s in self.scale_ids if s.is_total), self.scale_ids[:1])
        main = next((score for score in result.scores if score.scale == total.code), None)
        return {
            "result": {
                "scores": [
                    {
                        "scale": score.scale,
                        "value": score.value,
                        "raw": score.raw,
                        "missing": score.missing,
                        "band": None if score.band is None else bands[score.band].id,
                        "why": score.why,
                    }
                    for score in result.scores
                ],
                "flags": list(result.flags),
                "open_flags": list(result.open_flags),
            },
            "score": (main and main.value) or 0,
            "has_score": bool(main) and main.value is not None,
            "band_id": bands[main.band].id if main and main.band is not None else False,
            "flag_count": len(result.flags),
            "valid": result.valid,
            "risk_level": result.level or False,
        }

    def _score_batch(self, forms):
        """Score many forms.

        :param forms: list of (answers, ``Person``)
        :return: list of dicts of values, in the order of ``forms``
        """
        scorer = self._scorer()
        return [self._result_values(scorer.score(answers, person)) for answers, person in forms]
