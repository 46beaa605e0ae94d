"""Pages of PDF documents: count, frame and number them. Pure, no ORM.

Joining documents is the library's work (``odoo.tools.pdf.merge_pdf``).
"""

from io import BytesIO
from typing import Any

from odoo.tools.pdf import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    PdfFileReader,
    PdfFileWriter,
)
from reportlab.pdfgen.canvas import Canvas

# Above the lower edge of the sheet, in points (1/72 inch).
FOOTER_HEIGHT = 26


def page_count(content: bytes) -> int:
    """Return how many pages the PDF ``content`` has."""
    return int(_read(content).getNumPages())


def _read(content: bytes) -> PdfFileReader:
    """Return a reader of the PDF ``content``, however sloppily it was made."""
    return PdfFileReader(BytesIO(content), strict=False)


def framed(content: bytes, frame: bytes, label: str) -> bytes:
    """Put the page ``frame`` under every page, and at its foot ``label`` and "2 / 5".

    Done here because only some builds of wkhtmltopdf print headers and footers: the one in Debian
    does not. Under and not over, because wkhtmltopdf paints the area inside of the margins white.
    The contents of pages are left as they are: to merge them would take most of a second for each.

    :param content: PDF of any number of pages
    :param frame: PDF whose first page holds what stands on every page
    :param label: ASCII text beside the page number, such as a reference
    """
    reader = _read(content)
    writer = PdfFileWriter()
    writer.appendPagesFromReader(reader)
    total = reader.getNumPages()
    under = _picture(writer, _read(frame).getPage(0))
    for number in range(total):
        page = writer.getPage(number)
        width, height = float(page.mediaBox.getWidth()), float(page.mediaBox.getHeight())
        text = f"{label}   {number + 1} / {total}".strip()
        foot = _picture(writer, _footer(text, width, height))
        resources = DictionaryObject(page["/Resources"].getObject())
        pictures = DictionaryObject(resources.get("/XObject", DictionaryObject()).getObject())
        pictures[NameObject("/CrisisFrame")] = under
        pictures[NameObject("/CrisisFoot")] = foot
        resources[NameObject("/XObject")] = pictures
        page[NameObject("/Resources")] = resources
        # the page's own drawing state ends with its Q, so that the foot stands where it should
        page[NameObject("/Contents")] = ArrayObject(
            [
                writer._addObject(_stream(b"q /CrisisFrame Do Q q ")),
                *_contents(page),
                writer._addObject(_stream(b" Q q /CrisisFoot Do Q")),
            ]
        )
    return _written(writer)


def _contents(page: Any) -> list[Any]:
    """Return the content streams of ``page``."""
    contents = page.get("/Contents")
    parts = contents.getObject() if contents is not None else ArrayObject()
    return list(parts) if isinstance(parts, ArrayObject) else [page.raw_get("/Contents")]


def _stream(data: bytes) -> DecodedStreamObject:
    """Return a stream object that holds ``data``."""
    stream = DecodedStreamObject()
    stream.setData(data)
    return stream


def _picture(writer: PdfFileWriter, page: Any) -> Any:
    """Return a reference to the drawing of ``page``, to be used on other pages of ``writer``."""
    form = _stream(b"\n".join(part.getObject().getData() for part in _contents(page)))
    form[NameObject("/Type")] = NameObject("/XObject")
    form[NameObject("/Subtype")] = NameObject("/Form")
    form[NameObject("/BBox")] = ArrayObject(page.mediaBox)
    resources = page["/Resources"].getObject()
    # Odoo works with several releases of its PDF library; the newer ones want foreign parts copied
    copied = resources.clone(writer) if hasattr(resources, "clone") else resources
    form[NameObject("/Resources")] = copied
    return writer._addObject(form)


def _footer(text: str, width: float, height: float) -> Any:
    """Return a page of this size (points) with ``text`` centred at its foot."""
    stream = BytesIO()
    canvas = Canvas(stream, pagesize=(width, height))
    canvas.setFont("Helvetica", 8)
    canvas.drawCentredString(width / 2, FOOTER_HEIGHT, text)
    canvas.save()
    return _read(stream.getvalue()).getPage(0)


def _written(writer: PdfFileWriter) -> bytes:
    """Return the PDF that ``writer`` holds."""
    stream = BytesIO()
    writer.write(stream)
    return stream.getvalue()
