package mill;

import java.util.*;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.de.GermanAnalyzer;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.document.*;
import org.apache.lucene.index.*;
import org.apache.lucene.queryparser.classic.QueryParser;
import org.apache.lucene.search.*;
import org.apache.lucene.search.highlight.*;
import org.apache.lucene.store.ByteBuffersDirectory;

/** Full text search of the notes. */
final class Search {
    static List<String> find(List<Map<String, Object>> rows, String query, String tongue) throws Exception {
        Analyzer analyzer = tongue.equals("de") ? new GermanAnalyzer() : new EnglishAnalyzer();
        ByteBuffersDirectory directory = new ByteBuffersDirectory();
        try (IndexWriter writer = new IndexWriter(directory, new IndexWriterConfig(analyzer))) {
            for (Map<String, Object> row : rows) {
                Document document = new Document();
                document.add(new TextField("note", row.get("note").toString(), Field.Store.YES));
                document.add(new StringField("name", row.get("name").toString(), Field.Store.YES));
                writer.addDocument(document);
            }
        }
        Query parsed = new QueryParser("note", analyzer).parse(query);
        List<String> found = new ArrayList<>();
        try (DirectoryReader reader = DirectoryReader.open(directory)) {
            IndexSearcher searcher = new IndexSearcher(reader);
            Highlighter highlighter = new Highlighter(new SimpleHTMLFormatter("<em>", "</em>"), new QueryScorer(parsed));
            for (ScoreDoc hit : searcher.search(parsed, 10).scoreDocs) {
                Document document = searcher.doc(hit.doc);
                found.add(document.get("name") + ": " + highlighter.getBestFragment(analyzer, "note", document.get("note")));
            }
        }
        return found;
    }
}
