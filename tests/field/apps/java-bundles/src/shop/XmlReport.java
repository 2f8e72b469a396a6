package shop;

import java.io.StringReader;
import java.io.StringWriter;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.stream.StreamResult;
import javax.xml.transform.stream.StreamSource;

public class XmlReport implements Report {
    public String print() throws Exception {
        StringWriter out = new StringWriter();
        TransformerFactory.newInstance()
            .newTransformer(new StreamSource(getClass().getResourceAsStream("report.xsl")))
            .transform(new StreamSource(new StringReader("<teas><tea>assam</tea></teas>")), new StreamResult(out));
        return out.toString();
    }
}
