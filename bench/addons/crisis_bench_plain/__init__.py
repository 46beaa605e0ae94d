from odoo import fields

from odoo.addons.crisis_intervention import sealed_fields, sealed_files
from odoo.addons.crisis_intervention.sealed_fields import Sealed

# what the addon costs is what is left out here
Sealed.__get__ = fields.Field.__get__
Sealed._insert_cache = fields.Field._insert_cache
Sealed.convert_to_cache = lambda self, value, record, validate=True: self._plain(value)
Sealed.convert_to_column_insert = fields.Field.convert_to_column_insert
Sealed.convert_to_write = fields.Field.convert_to_write
Sealed.write = fields.Field.write
sealed_fields.note_reading = sealed_files.note_reading = lambda *args, **kwargs: None
