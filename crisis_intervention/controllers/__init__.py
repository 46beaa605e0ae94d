from . import person_export
