from . import become
from . import export
from . import person_export
from . import register_archive
