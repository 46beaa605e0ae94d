from odoo import api, models


class CrisisInstrument(models.Model):
    """What is wrong with a definition, in the user's language."""

    _inherit = "crisis.instrument"

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
        _ = self.env._
        return {
            # the definition
            "duplicate_code": _("The code %(code)s is used twice."),
            "no_items": _("There are no items."),
            "unknown_kind": _("Item %(code)s: this kind of item does not exist."),
            "no_options": _("Item %(code)s: give at least two answers to choose from."),
            "duplicate_option": _("Item %(code)s: the answer %(option)s stands there twice."),
            "number_range": _("Item %(code)s: the lowest number is not below the highest."),
            "reverse_range": _(
                "Item %(code)s: to be scored in reverse, a number needs a lowest and a highest one."
            ),
            "reverse_scores": _(
                "Item %(code)s cannot be scored in reverse: its scores are not symmetric."
            ),
            "condition_item": _("Item %(code)s: the condition names %(item)s, which comes later."),
            "condition_answer": _(
                "Item %(code)s: no answer of item %(item)s is among those of the condition."
            ),
            "flag_level": _("Item %(code)s: the red flag needs a level."),
            "flag_answer": _("Item %(code)s: the red flag needs one of the answers of the item."),
            "unknown_level": _("%(code)s%(scale)s: this risk level does not exist."),
            "two_totals": _("Only one scale is the total."),
            "unknown_rule": _("Scale %(code)s: this rule does not exist."),
            "scale_empty": _("Scale %(code)s has no items."),
            "scale_item": _("Scale %(code)s: there is no item %(item)s."),
            "scale_item_twice": _("Scale %(code)s: item %(item)s stands there twice."),
            "scale_unscored": _(
                "Scale %(code)s: item %(item)s has answers without score, or is a number without "
                "lowest and highest."
            ),
            "factor": _("Scale %(code)s: the factor must be above 0."),
            "missing_allowed": _(
                "Scale %(code)s: fewer answers may be missing than the scale has items."
            ),
            "decimals": _("Scale %(code)s: 0 to 3 decimals are possible."),
            "table_range": _("Scale %(code)s: a line of the standard scores runs backwards."),
            "table_overlap": _(
                "Scale %(code)s: two lines of the standard scores hold the score %(low)s."
            ),
            "table_hole": _("Scale %(code)s: there is no standard score for %(score)s."),
            "band_scale": _("A band belongs to scale %(scale)s, which does not exist."),
            "band_range": _("Scale %(scale)s: a band runs backwards."),
            "band_overlap": _("Scale %(scale)s: two bands hold the score %(score)s."),
            "band_hole": _("Scale %(code)s: no band holds the score %(score)s."),
            "band_unreachable": _("Scale %(scale)s: no score can ever reach one of the bands."),
            # the file
            "too_large": _("The file is larger than 1 MB."),
            "not_xml": _("This is no XML file: %(message)s"),
            "doctype": _("The file declares a DOCTYPE or entities, which is not accepted."),
            "schema": _("The file does not follow the format: %(message)s"),
            "text_lang": _(
                "Give a text once without language, or in English first and then in others."
            ),
        }


def _plain(value):
    """Return numbers as people write them."""
    return f"{value:g}" if isinstance(value, float) else value
