#charset utf-8
// Lorries on the bridge, in SQLite.
protected Sql.Sql db;

protected void create(string file)
{
  int fresh = !Stdio.exist(file);
  db = Sql.Sql("sqlite://" + file);
  if (fresh) {
    db->query("CREATE TABLE load (id INTEGER PRIMARY KEY, plate TEXT NOT NULL, cargo TEXT NOT NULL, gross INTEGER NOT NULL, tare INTEGER NOT NULL CHECK (tare < gross), day TEXT NOT NULL)");
    add("ABC 123", "grus", 18400, 9100, "2026-05-18");
    add("KLM 45X", "björkved", 12250, 7600, "2026-05-19");
    add("ABC 123", "sand", 20100, 9100, "2026-05-20");
  }
}

mapping(string:mixed) add(string plate, string cargo, int gross, int tare, string day)
{
  db->query("INSERT INTO load (plate, cargo, gross, tare, day) VALUES (:plate, :cargo, :gross, :tare, :day)",
            ([ ":plate": plate, ":cargo": cargo, ":gross": gross, ":tare": tare, ":day": day ]));
  return loads("ORDER BY id DESC LIMIT 1")[0];
}

array(mapping(string:mixed)) loads(string rest, mapping(string:mixed)|void values)
{
  array rows = values ? db->query("SELECT id, plate, cargo, gross, tare, gross - tare AS net, day FROM load " + rest, values)
                      : db->query("SELECT id, plate, cargo, gross, tare, gross - tare AS net, day FROM load " + rest);
  return map(rows, lambda(mapping row) {
    mapping clean = ([]);
    foreach ("id plate cargo gross tare net day" / " ", string key)
      clean[key] = (<"id", "gross", "tare", "net">)[key] ? (int)row[key] : row[key];
    return clean;
  });
}

mapping|int(0..0) load(int id)
{
  array found = loads("WHERE id = :id", ([ ":id": id ]));
  return sizeof(found) && found[0];
}
