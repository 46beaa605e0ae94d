from odoo import api, models

from ...lib.instrument_check import check
from ...lib.instrument_definition import definition


class CrisisInstrumentFaults(models.AbstractModel):
    """What is wrong with an instrument or its file, in the user's language."""

    _name = "crisis.instrument.faults"
    _description = "Faults of an Instrument"

    def _faults(self):
        """Return what keeps the instrument from being published, as sentences."""
        self.ensure_one()
        tree = self._tree()
        faults = []
        if not tree["informants"]:
            faults.append(self.env._("Say who answers it."))
        problems = check(definition(tree))
        return faults + [self._explain(problem.code, problem.details) for problem in problems]

    @api.model
    def _explain(self, code, details):
        """Return the sentence for a fault.

        :param str code: a code of ``instrument_check`` or ``instrument_exchange``
        :param dict details: what the fault names, such as item or scale
        """
        sentence = self._fault_sentences().get(code)
        if sentence is None:
            return code
        places = ("code", "item", "option", "scale", "score", "low", "message")
        known = dict.fromkeys(places, "")
        return sentence % {**known, **{key: _plain(value) for key, value in details.items()}}

    @api.model
    def _fault_sentences(self):
        """Return dict of fault code to sentence with named places."""
        return {
            # the definition
            "duplicate_code": self.env._("The code %(code)s is used twice."),
            "no_items": self.env._("There are no items."),
            "unknown_kind": self.env._("Item %(code)s: this kind of item does not exist."),
            "no_options": self.env._("Item %(code)s: give at least two answers to choose from."),
            "duplicate_option": self.env._(
                "Item %(code)s: the answer %(option)s stands there twice."
            ),
            "number_range": self.env._(
                "Item %(code)s: the lowest number is not below the highest."
            ),
            "reverse_range": self.env._(
                "Item %(code)s: to be scored in reverse, a number needs a lowest and a highest one."
            ),
            "reverse_scores": self.env._(
                "Item %(code)s cannot be scored in reverse: its scores are not symmetric."
            ),
            "condition_item": self.env._(
                "Item %(code)s: the condition names %(item)s, which comes later."
            ),
            "condition_answer": self.env._(
                "Item %(code)s: no answer of item %(item)s is among those of the condition."
            ),
            "flag_level": self.env._("Item %(code)s: the red flag needs a level."),
            "flag_answer": self.env._(
                "Item %(code)s: the red flag needs one of the answers of the item."
            ),
            "flag_always": self.env._(
                "Item %(code)s: every answer would raise the red flag. Choose a higher answer, or "
                "score the item in reverse."
            ),
            "unknown_level": self.env._("%(code)s%(scale)s: this risk level does not exist."),
            "two_totals": self.env._("Only one scale is the total."),
            "unknown_rule": self.env._("Scale %(code)s: this rule does not exist."),
            "scale_empty": self.env._("Scale %(code)s has no items."),
            "scale_item": self.env._("Scale %(code)s: there is no item %(item)s."),
            "scale_item_twice": self.env._("Scale %(code)s: item %(item)s stands there twice."),
            "scale_unscored": self.env._(
                "Scale %(code)s: item %(item)s has answers without score, or is a number without "
                "lowest and highest."
            ),
            "factor": self.env._("Scale %(code)s: the factor must be above 0."),
            "missing_allowed": self.env._(
                "Scale %(code)s: fewer answers may be missing than the scale has items."
            ),
            "decimals": self.env._("Scale %(code)s: 0 to 3 decimals are possible."),
            "table_range": self.env._(
                "Scale %(code)s: a line of the standard scores runs backwards."
            ),
            "table_overlap": self.env._(
                "Scale %(code)s: two lines of the standard scores hold the score %(low)s."
            ),
            "table_hole": self.env._("Scale %(code)s: there is no standard score for %(score)s."),
            "too_many_scores": self.env._(
                "Scale %(code)s: its weights give too many different scores. Use simpler ones."
            ),
            "too_many_bands": self.env._(
                "Scale %(code)s: its bands tell too many kinds of people apart to be checked. Use "
                "fewer ages, grades or bands."
            ),
            "band_scale": self.env._("A band belongs to scale %(scale)s, which does not exist."),
            "band_range": self.env._("Scale %(scale)s: a band runs backwards."),
            "band_overlap": self.env._("Scale %(scale)s: two bands hold the score %(score)s."),
            "band_hole": self.env._("Scale %(code)s: no band holds the score %(score)s."),
            "band_unreachable": self.env._(
                "Scale %(scale)s: no score can ever reach one of the bands."
            ),
            # the file
            "too_large": self.env._("The file is larger than 1 MB."),
            "not_xml": self.env._("This is no XML file: %(message)s"),
            "doctype": self.env._(
                "The file declares a DOCTYPE or entities, which is not accepted."
            ),
            "schema": self.env._("The file does not follow the format: %(message)s"),
            "text_lang": self.env._(
                "Give a text once without language, or in English first and then in others."
            ),
        }


def _plain(value):
    """Return numbers as people write them."""
    return f"{value:g}" if isinstance(value, float) else value
