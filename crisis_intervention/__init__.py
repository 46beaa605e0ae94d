from . import controllers, models, wizard
from .hooks import post_init_hook, uninstall_hook
from .lib.num2words_zh import register as register_chinese_numbers

__all__ = ["controllers", "models", "post_init_hook", "uninstall_hook", "wizard"]

register_chinese_numbers()
