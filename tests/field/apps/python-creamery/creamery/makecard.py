"""Make the card of a wheel, a Word template. Run once when the image is built."""
import sys

from docx import Document
from docx.shared import Pt

card = Document()
card.add_heading("{{ name }}", 0)
text = card.add_paragraph()
text.add_run("{{ milk }} milk, {{ kilos }} kg, made on {{ made }}").font.size = Pt(14)
card.add_paragraph("{{ label_age }}: {{ age }}")
table = card.add_table(rows=4, cols=1)
table.style = "Table Grid"
table.rows[0].cells[0].text = "{{ label_turns }}"
table.rows[1].cells[0].text = "{%tr for turn in turns %}"
table.rows[2].cells[0].text = "{{ turn }}"
table.rows[3].cells[0].text = "{%tr endfor %}"
card.save(sys.argv[1])
