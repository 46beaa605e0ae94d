from io import BytesIO

from odoo.tests import BaseCase, tagged
from odoo.tools.pdf import PdfFileReader, merge_pdf
from reportlab.pdfgen.canvas import Canvas

from ...lib.pdf_pages import framed, page_count


def paper(*texts, size=(300, 400)):
    """Return a PDF with one page for each text; ``size`` in points."""
    stream = BytesIO()
    canvas = Canvas(stream, pagesize=size)
    for text in texts:
        canvas.drawString(50, 200, text)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def texts(content):
    """Return the text of each page of a PDF."""
    reader = PdfFileReader(BytesIO(content), strict=False)
    return [reader.getPage(number).extractText() for number in range(reader.getNumPages())]


@tagged("post_install", "-at_install")
class TestPdfPages(BaseCase):
    def test_every_page_is_framed_and_numbered(self):
        file = merge_pdf([paper("one", "two"), paper("three", size=(400, 300))])
        self.assertEqual(page_count(file), 3)
        pages = framed(file, paper("School"), "CI/2026/0001")
        self.assertEqual(page_count(pages), 3)
        for page, word in zip(texts(pages), ("one", "two", "three"), strict=True):
            self.assertIn(word, page)
        drawn = _drawings(pages)
        self.assertEqual(len({frame for frame, _foot in drawn}), 1, "one frame for all pages")
        self.assertEqual(len({foot for _frame, foot in drawn}), 3)

    def test_pages_keep_their_size(self):
        pages = framed(paper("wide", size=(500, 200)), paper("School"), "")
        page = PdfFileReader(BytesIO(pages), strict=False).getPage(0)
        self.assertEqual(
            (float(page.mediaBox.getWidth()), float(page.mediaBox.getHeight())), (500, 200)
        )


def _drawings(content):
    """Return what is drawn under and at the foot of each page, as (frame, foot) streams."""
    reader = PdfFileReader(BytesIO(content), strict=False)
    result = []
    for number in range(reader.getNumPages()):
        pictures = reader.getPage(number)["/Resources"]["/XObject"]
        result.append(tuple(pictures[name].getData() for name in ("/CrisisFrame", "/CrisisFoot")))
    return result
