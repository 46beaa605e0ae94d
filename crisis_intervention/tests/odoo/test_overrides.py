from odoo.addons.base.tests import test_overrides
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestOverrides(test_overrides.TestOverrides):
    """What Odoo asks of every model holds for ours: methods accept nothing, and return what they should.

    All of Odoo's own tests run with ``./dev test --odoo``.
    """

    allow_inherited_tests_method = True
