package mill;

import java.sql.*;
import java.util.*;

/** The grain and the sacks, in SQLite. */
final class Store {
    private final Connection db;

    Store(String file) throws SQLException {
        db = DriverManager.getConnection("jdbc:sqlite:" + file);
        try (Statement s = db.createStatement()) {
            s.executeUpdate("CREATE TABLE IF NOT EXISTS grain (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, kilos REAL NOT NULL CHECK (kilos >= 0), note TEXT NOT NULL)");
            s.executeUpdate("INSERT OR IGNORE INTO grain VALUES (1, 'Roggen', 1250.5, 'dark rye for sourdough breads'), (2, 'Dinkel', 640, 'spelt, an old wheat with a nutty taste'), (3, 'Hafer', 90.25, 'oats for porridge')");
        }
    }

    synchronized List<Map<String, Object>> all() throws SQLException {
        List<Map<String, Object>> found = new ArrayList<>();
        try (Statement s = db.createStatement(); ResultSet r = s.executeQuery("SELECT id, name, kilos, note FROM grain ORDER BY id")) {
            while (r.next()) {
                Map<String, Object> row = new LinkedHashMap<>();
                row.put("id", r.getInt(1)); row.put("name", r.getString(2)); row.put("kilos", r.getDouble(3)); row.put("note", r.getString(4));
                found.add(row);
            }
        }
        return found;
    }

    synchronized void add(String name, double kilos, String note) throws SQLException {
        try (PreparedStatement s = db.prepareStatement("INSERT INTO grain (name, kilos, note) VALUES (?, ?, ?)")) {
            s.setString(1, name); s.setDouble(2, kilos); s.setString(3, note);
            s.executeUpdate();
        }
    }

    synchronized String check() throws SQLException {
        try (Statement s = db.createStatement(); ResultSet r = s.executeQuery("PRAGMA integrity_check")) { r.next(); return r.getString(1); }
    }

    synchronized void backup(String file) throws SQLException {
        try (Statement s = db.createStatement()) { s.executeUpdate("backup to " + file); }
    }
}
