from . import (
    test_num2words_zh,
    test_pdf_pages,
    test_pure,
    test_register_parts,
    test_scoring,
    test_scoring_generated,
)
