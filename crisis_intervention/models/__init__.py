from . import (
    mixins,
    school,
    concern,
    case,
    care,
    privacy,
    assessment,
    emergency,
    server,
    odoo,
)
