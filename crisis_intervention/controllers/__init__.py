from . import become
from . import export
from . import person_export
