from ..common import CrisisCommon


class LoopCase(CrisisCommon):
    """A verified case of high risk."""

    def setUp(self):
        super().setUp()
        self.case = self._make_case(self.student_1, risk_level="orange")

    def _open_kinds(self):
        """Return the kinds of the open steps of the case."""
        return self.case.deadline_ids.filtered(lambda d: not d.date_done).mapped("kind")
