from odoo import fields, models

from .crisis_emergency_alert import PRESSED


class CrisisEmergencyResults(models.AbstractModel):
    """The figures by which runs of a plan are compared, kept when it is stood down."""

    _name = "crisis.emergency.results"
    _description = "Results of an Emergency"

    minutes_to_first = fields.Float(
        string="Minutes to First Answer", readonly=True, copy=False, aggregator="avg"
    )
    minutes_to_acknowledge = fields.Float(
        string="Minutes to Last Answer",
        readonly=True,
        copy=False,
        aggregator="avg",
        help="Until the last one answered, the person or the stand-in. Duties that nobody "
        "answered for are counted beside it.",
    )
    minutes_to_finish = fields.Float(readonly=True, copy=False, aggregator="avg")
    alert_count = fields.Integer(string="Alerted People", readonly=True, copy=False)
    missed_count = fields.Integer(string="Duties Not Answered", readonly=True, copy=False)
    step_count = fields.Integer(string="Number of Steps", readonly=True, copy=False)
    done_count = fields.Integer(string="Steps Done", readonly=True, copy=False)
    late_count = fields.Integer(string="Steps Late", readonly=True, copy=False)

    def _results(self):
        """Return the figures by which runs are compared."""
        self.ensure_one()
        answers = self.event_ids.filtered(lambda e: e.kind == "acknowledge" and e.user_id)
        others = answers.filtered(lambda e: e.user_id != self.user_id)
        open_alerts = self.alert_ids.filtered(lambda a: not a.date_acknowledged)
        # a duty is missed when neither the person nor anybody in the place of the person answered
        alerts = self.alert_ids.filtered(lambda a: a.duties != PRESSED)
        answered = alerts - open_alerts
        replaced = answered.stand_in_for_id
        missed = open_alerts.filtered(lambda a: not a.stand_in_for_id and a.user_id not in replaced)
        steps = self.step_ids

        def minutes(moment):
            return (moment - self.date_start).total_seconds() / 60

        return {
            "minutes_to_first": minutes(min(others.mapped("date"))) if others else 0,
            "minutes_to_acknowledge": minutes(max(answers.mapped("date"))) if answers else 0,
            "minutes_to_finish": minutes(self.date_end),
            "alert_count": len(alerts),
            "missed_count": len(missed),
            "step_count": len(steps),
            "done_count": len(steps.filtered(lambda s: s.state == "done")),
            "late_count": len(steps.filtered("is_late")),
        }
