from odoo import models

from ...lib.transcription import transcribe, typed_items


class CrisisInstrumentForm(models.AbstractModel):
    """An instrument as people meet it: the layout of its form, a row typed from paper."""

    _name = "crisis.instrument.form"
    _description = "Form of an Instrument"

    def _layout(self):
        """Return the form for the questionnaire widget.

        :return: dict with a list ``items`` of dicts: code, number, kind, text, section, options
            (list of code and label), low, high, condition
        """
        self.ensure_one()
        yes_no = {"Y": self.env._("Yes"), "N": self.env._("No")}
        items = []
        for item in self.item_ids:
            condition = None
            if item.condition_item_ids:
                condition = {
                    "items": item.condition_item_ids.mapped("code"),
                    "answers": (item.condition_answers or "").split(),
                }
            ranged = item.kind == "number" and (item.low or item.high)
            items.append(
                {
                    "code": item.code,
                    "number": item.code,
                    "kind": item.kind,
                    "text": item.text or item.topic or "",
                    "section": item.section or "",
                    "options": [
                        {"code": code, "label": label or yes_no[code]}
                        for code, label in item._answers()
                    ],
                    "low": item.low if ranged else None,
                    "high": item.high if ranged else None,
                    "condition": condition,
                }
            )
        return {"items": items}

    def _limit_hint(self, person):
        """Return a sentence when ``person`` is outside of the ages or grades, else False."""
        for value, low, high, sentence in (
            (
                person.age,
                self.age_min,
                self.age_max,
                self.env._("This instrument is made for ages %(low)s to %(high)s."),
            ),
            (
                person.grade,
                self.grade_min,
                self.grade_max,
                self.env._("This instrument is made for grades %(low)s to %(high)s."),
            ),
        ):
            if value is not None and (value < low or (high and value > high)):
                return sentence % {"low": low or "…", "high": high or "…"}
        return False

    def _transcribe(self, row, definition=None):
        """Read a row of answers typed from paper.

        :param str row: such as ``1021-3``
        :param definition: of this instrument, where the caller reads many rows
        :return: answers, and list of sentences about what is wrong
        """
        self.ensure_one()
        definition = definition or self._definition()
        answers, errors = transcribe(definition, row)
        return answers, [self._explain_row(error, definition) for error in errors]

    def _explain_row(self, error, definition):
        """Return the sentence for one error of a row."""
        if error.code == "count":
            return self.env._(
                "%(typed)s answers were typed, the form has %(wanted)s.",
                typed=error.typed,
                wanted=len(typed_items(definition)),
            )
        sentences = {
            "answer": self.env._(
                "Answer %(position)s (item %(item)s): “%(typed)s” is none of its answers."
            ),
            "range": self.env._("Answer %(position)s (item %(item)s): %(typed)s is out of range."),
            "not_asked": self.env._(
                "Answer %(position)s (item %(item)s): this item is not asked after the answers "
                "before it; type - there."
            ),
        }
        return sentences[error.code] % {
            "position": error.position,
            "item": error.item,
            "typed": error.typed,
        }
