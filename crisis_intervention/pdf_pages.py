"""Pages of PDF documents: frame and number them, join them. Pure, no ORM."""

from collections.abc import Iterable
from io import BytesIO

from odoo.tools.pdf import PdfFileReader, PdfFileWriter
from reportlab.pdfgen.canvas import Canvas

# Above the lower edge of the sheet, in points (1/72 inch).
FOOTER_HEIGHT = 26


def page_count(content: bytes) -> int:
    """Return how many pages the PDF ``content`` has."""
    return PdfFileReader(BytesIO(content), strict=False).getNumPages()


def joined(contents: Iterable[bytes]) -> bytes:
    """Return one PDF with the pages of all ``contents``, in their order."""
    writer = PdfFileWriter()
    for content in contents:
        writer.appendPagesFromReader(PdfFileReader(BytesIO(content), strict=False))
    return _written(writer)


def framed(content: bytes, frame: bytes, label: str) -> bytes:
    """Put the page ``frame`` under every page, and at its foot ``label`` and "2 / 5".

    Done here because only some builds of wkhtmltopdf print headers and footers: the one in Debian
    does not. Under and not over, because wkhtmltopdf paints the area inside of the margins white.

    :param content: PDF of any number of pages
    :param frame: PDF whose first page holds what stands on every page
    :param label: ASCII text beside the page number, such as a reference
    """
    reader = PdfFileReader(BytesIO(content), strict=False)
    under = PdfFileReader(BytesIO(frame), strict=False).getPage(0)
    total = reader.getNumPages()
    writer = PdfFileWriter()
    for number in range(total):
        content = reader.getPage(number)
        width = float(content.mediaBox.getWidth())
        height = float(content.mediaBox.getHeight())
        page = writer.addBlankPage(width, height)
        page.mergePage(under)
        page.mergePage(content)
        page.mergePage(_footer(f"{label}   {number + 1} / {total}".strip(), width, height))
    return _written(writer)


def _footer(text: str, width: float, height: float):
    """Return a page of this size (points) with ``text`` centred at its foot."""
    stream = BytesIO()
    canvas = Canvas(stream, pagesize=(width, height))
    canvas.setFont("Helvetica", 8)
    canvas.drawCentredString(width / 2, FOOTER_HEIGHT, text)
    canvas.save()
    return PdfFileReader(BytesIO(stream.getvalue()), strict=False).getPage(0)


def _written(writer: PdfFileWriter) -> bytes:
    """Return the PDF that ``writer`` holds."""
    stream = BytesIO()
    writer.write(stream)
    return stream.getvalue()
