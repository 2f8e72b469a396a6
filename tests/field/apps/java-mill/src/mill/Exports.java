package mill;

import com.google.zxing.*;
import com.google.zxing.common.BitMatrix;
import com.opencsv.*;
import java.awt.image.BufferedImage;
import java.io.*;
import java.util.*;
import javax.imageio.ImageIO;
import org.apache.pdfbox.pdmodel.*;
import org.apache.pdfbox.pdmodel.font.*;
import org.jfree.chart.*;
import org.jfree.data.category.DefaultCategoryDataset;

/** What the office takes away. */
final class Exports {
    static byte[] pdf(List<Map<String, Object>> rows, boolean embedded) throws IOException {
        try (PDDocument document = new PDDocument()) {
            document.getDocumentInformation().setTitle("Delivery note");
            PDPage page = new PDPage();
            document.addPage(page);
            PDFont font = embedded ? PDType0Font.load(document, new File("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")) : PDType1Font.HELVETICA_BOLD;
            try (PDPageContentStream text = new PDPageContentStream(document, page)) {
                text.beginText(); text.setFont(font, 14); text.newLineAtOffset(60, 700);
                for (Map<String, Object> row : rows) { text.showText(row.get("name") + " " + row.get("kilos") + " kg"); text.newLineAtOffset(0, -20); }
                text.endText();
            }
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            document.save(out);
            return out.toByteArray();
        }
    }

    static byte[] chart(List<Map<String, Object>> rows, String format) throws IOException {
        DefaultCategoryDataset data = new DefaultCategoryDataset();
        for (Map<String, Object> row : rows) data.addValue((Double) row.get("kilos"), "kg", row.get("name").toString());
        BufferedImage drawn = ChartFactory.createBarChart("Grain", "", "kg", data).createBufferedImage(400, 240, BufferedImage.TYPE_INT_RGB, null);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (!ImageIO.write(drawn, format, out)) throw new IllegalArgumentException("no writer for " + format);
        return out.toByteArray();
    }

    static byte[] code(String text, String kind) throws Exception {
        BitMatrix made = new MultiFormatWriter().encode(text, BarcodeFormat.valueOf(kind), 120, 60);
        BufferedImage drawn = new BufferedImage(made.getWidth(), made.getHeight(), BufferedImage.TYPE_BYTE_BINARY);
        for (int x = 0; x < made.getWidth(); x++) for (int y = 0; y < made.getHeight(); y++) drawn.setRGB(x, y, made.get(x, y) ? 0 : 0xFFFFFF);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageIO.write(drawn, "png", out);
        return out.toByteArray();
    }

    static String csv(List<Map<String, Object>> rows) throws IOException {
        StringWriter out = new StringWriter();
        try (ICSVWriter writer = new CSVWriterBuilder(out).withSeparator(';').build()) {
            writer.writeNext(new String[] {"name", "kilos"});
            for (Map<String, Object> row : rows) writer.writeNext(new String[] {row.get("name").toString(), row.get("kilos").toString()});
        }
        return out.toString();
    }

    static List<String[]> read(java.io.Reader text) throws Exception {
        try (CSVReader reader = new CSVReaderBuilder(text).withSkipLines(1).withCSVParser(new CSVParserBuilder().withSeparator(';').build()).build()) { return reader.readAll(); }
    }
}
