from odoo import api, fields, models
from odoo.exceptions import UserError

from ...lib.num2words_zh import ordinal
from ...sealed_fields import UNREADABLE

GUARDIANS_PAPER = "crisis_intervention.crisis_assessment_report_guardian"


class CrisisAssessmentResult(models.AbstractModel):
    """Results for people to read: on the form, in comparisons, on paper."""

    _name = "crisis.assessment.result"
    _description = "Result of an Assessment"

    result_html = fields.Html(compute="_compute_result_html", string="Results", sanitize=False)
    ordinal = fields.Char(compute="_compute_ordinal", help="Such as: third assessment")
    history_count = fields.Integer(compute="_compute_ordinal")

    @api.depends("result", "instrument_id")
    @api.depends_context("lang")
    def _compute_result_html(self):
        """Render scores, bands, recommendations and red flags."""
        for assessment in self:
            assessment.result_html = assessment.state == "done" and self.env["ir.qweb"]._render(
                "crisis_intervention.crisis_assessment_result", {"assessment": assessment}
            )

    @api.depends("student_id", "instrument_id", "date", "state")
    @api.depends_context("lang")
    def _compute_ordinal(self):
        """Count the student's completed forms of this instrument, in all its versions."""
        others = self.search_fetch(
            [
                ("student_id", "in", self.student_id.ids),
                ("instrument_id.code", "in", self.instrument_id.mapped("code")),
                ("state", "=", "done"),
            ],
            ["student_id", "instrument_id", "date"],
        )
        for assessment in self:
            same = others.filtered(
                lambda other, me=assessment: (
                    other.student_id == me.student_id
                    and other.instrument_id.code == me.instrument_id.code
                )
            )
            earlier = same.filtered(
                lambda other, me=assessment: (other.date, other.id) < (me.date, me._origin.id or 0)
            )
            word = ordinal(len(earlier) + 1, self.env.lang or "en_US")
            assessment.history_count = len(same)
            assessment.ordinal = self.env._("%(ordinal)s assessment", ordinal=word)

    def _result_rows(self):
        """Return the scores for display.

        :return: list of dicts with texts: code, name, score, band, level, recommendation
        """
        self.ensure_one()
        scales = {scale.code: scale for scale in self.instrument_id.scale_ids}
        bands = {band.id: band for band in self.instrument_id.band_ids}
        why = {
            "missing": self.env._("Too many answers are missing"),
            "not_asked": self.env._("Not asked"),
            "no_standard": self.env._("No standard score"),
            "no_band": self.env._("No norm for this student"),
        }
        rows = []
        for score in (self.result or {}).get("scores", ()):
            scale, band = scales[score["scale"]], bands.get(score["band"])
            value = "–" if score["value"] is None else f"{score['value']:g}"
            rows.append(
                {
                    "code": score["scale"],
                    "name": scale.name,
                    "total": scale.is_total,
                    "score": value,
                    "missing": score["missing"],
                    "band": band.name if band else why.get(score["why"], ""),
                    "level": band.risk_level if band else False,
                    "invalid": bool(band and band.invalid),
                    "recommendation": (band and band.recommendation) or "",
                }
            )
        return rows

    def _flag_rows(self):
        """Return (raised red flags, red-flag items left open) as lists of item texts."""
        self.ensure_one()
        names = {item.code: item.display_name for item in self.instrument_id.item_ids}
        result = self.result or {}
        return [[names[code] for code in result.get(key, ())] for key in ("flags", "open_flags")]

    def _answer_rows(self):
        """Return the single answers for display.

        :return: list of dicts with texts: code, number, section, text, answer, flagged
        :raises AccessError: the user may not read answers
        """
        self.ensure_one()
        self._check_field_access(self._fields["answers"], "read")
        answers = self.answers or {}
        if UNREADABLE in answers:
            blank = dict.fromkeys(("code", "number", "section", "text"), "")
            return [{**blank, "answer": answers[UNREADABLE], "flagged": False}]
        flags = (self.result or {}).get("flags", ())
        rows = []
        for item in self.instrument_id._layout()["items"]:
            answer = answers.get(item["code"])
            labels = {option["code"]: option["label"] for option in item["options"]}
            if answer in labels:
                answer = f"{answer} · {labels[answer]}" if answer != labels[answer] else answer
            elif isinstance(answer, float):
                answer = f"{answer:g}"
            rows.append({**item, "answer": answer or "–", "flagged": item["code"] in flags})
        return rows

    def action_view_history(self):
        """Show this student's results with this instrument over time."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "crisis_intervention.crisis_assessment_action"
            ),
            "name": self.instrument_id.name,
            "views": [(False, "graph"), (False, "list"), (False, "form")],
            "domain": [
                ("student_id", "=", self.student_id.id),
                ("instrument_id.code", "=", self.instrument_id.code),
                ("has_score", "=", True),
            ],
            # days without a form are no zeros
            "context": {
                "graph_groupbys": ["date:day"],
                "fill_temporal": False,
                "create": False,
            },
        }

    def action_compare(self):
        """Show two completed forms of one student and instrument side by side.

        :raises UserError: the selection is something else
        """
        pair = self.sorted(lambda a: (a.date, a.id))
        if (
            len(pair) != 2
            or len(pair.student_id) != 1
            or len(set(pair.instrument_id.mapped("code"))) != 1
            or set(pair.mapped("state")) != {"done"}
        ):
            raise UserError(
                self.env._(
                    "Choose two completed assessments of one student with the same instrument."
                )
            )
        wizard = self.env["crisis.assessment.compare"]._make(
            [{"first_id": pair[0].id, "second_id": pair[1].id}]
        )
        return wizard._action_form(name=pair.student_id.name, target="new")

    def _comparison_rows(self, second):
        """Return what this form and a second one say, row by row.

        :return: list of dicts: kind ``scale`` or ``item``, name, and ``cells``, a pair of texts
        """
        rows = []
        pair = (self, second)
        results = [{row["code"]: row for row in form._result_rows()} for form in pair]
        for code, row in results[0].items():
            other = results[1].get(code)
            cells = [f"{r['score']} {r['band']}".strip() if r else "" for r in (row, other)]
            rows.append({"kind": "scale", "name": row["name"], "cells": cells})
        if not self._has_field_access(self._fields["answers"], "read"):
            return rows
        answers = [{row["code"]: row for row in form._answer_rows()} for form in pair]
        for code, row in answers[0].items():
            other = answers[1].get(code)
            cells = [row["answer"], other["answer"] if other else ""]
            name = f"{row['number']}. {row['text']}" if code else ""
            rows.append({"kind": "item", "name": name, "cells": cells})
        return rows

    def _check_printable(self, report):
        """Refuse the guardians' version where guardians must not be told."""
        # sudo: crisis.case - the mark only, which stops the paper
        if report == GUARDIANS_PAPER and any(self.sudo().case_id.mapped("guardians_not_told")):
            raise UserError(
                self.env._(
                    "The guardians of this case are not told: home is the suspected source. "
                    "Nothing is printed for them."
                )
            )
        return super()._check_printable(report)
