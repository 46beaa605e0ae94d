from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import tagged

from ..emergency.emergency_case import EmergencyCase


@tagged("post_install", "-at_install")
class TestNeutralize(EmergencyCase):
    """A copy for tests sends nothing, and asks nobody to answer an alarm."""

    def test_nothing_is_sent_and_nobody_is_asked(self):
        emergency = self._start_emergency(self.psychology).sudo()
        waiting = emergency.alert_ids.filtered(lambda alert: not alert.date_acknowledged)
        mails = self.env["mail.mail"].search([("state", "=", "outgoing")])
        self.assertTrue(waiting)
        self.assertTrue(mails)
        self.env.flush_all()
        for query in get_neutralization_queries(["base", "mail", "crisis_intervention"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.assertTrue(all(waiting.mapped("date_acknowledged")))
        self.assertEqual(set(mails.mapped("state")), {"cancel"})
        jobs = self.env["ir.cron"].search([("active", "=", True)])
        self.assertEqual(jobs, self.env.ref("base.autovacuum_job"))
        servers = self.env["ir.mail_server"].search([])
        self.assertEqual(set(servers.mapped("smtp_host")), {"invalid"})
