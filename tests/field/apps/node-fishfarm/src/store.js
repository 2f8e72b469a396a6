import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import initSqlJs from 'sql.js';

const FILE = process.env.FARM_DB ?? '/tmp/farm.sqlite';
const SCHEMA = `
CREATE TABLE pens (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, species TEXT NOT NULL, fish INTEGER NOT NULL CHECK (fish >= 0));
CREATE TABLE readings (pen INTEGER REFERENCES pens(id), at TEXT NOT NULL, temperature REAL, oxygen REAL);
CREATE TABLE feedings (id INTEGER PRIMARY KEY, pen INTEGER REFERENCES pens(id), at TEXT NOT NULL, kilos REAL NOT NULL CHECK (kilos > 0));
INSERT INTO pens (name, species, fish) VALUES ('North', 'salmon', 4200), ('South', 'trout', 1800), ('Nursery', 'salmon', 12000);
INSERT INTO readings VALUES (1, '2026-11-02T06:00:00Z', 7.4, 9.6), (1, '2026-11-02T12:00:00Z', 8.1, 8.9), (1, '2026-11-02T18:00:00Z', 7.9, 6.1), (2, '2026-11-02T06:00:00Z', 7.5, 9.9);
`;

export async function open() {
  const SQL = await initSqlJs();
  const fresh = !existsSync(FILE);
  const db = fresh ? new SQL.Database() : new SQL.Database(readFileSync(FILE));
  if (fresh) db.exec(SCHEMA);
  return new Store(db);
}

export class Store {
  constructor(db) { this.db = db; }
  all(sql, values = []) {
    const statement = this.db.prepare(sql);
    try {
      statement.bind(values);
      const rows = [];
      while (statement.step()) rows.push(statement.getAsObject());
      return rows;
    } finally { statement.free(); }
  }
  pens() { return this.all('SELECT * FROM pens ORDER BY name'); }
  pen(id) { return this.all('SELECT * FROM pens WHERE id = ? OR name = ?', [id, id])[0]; }
  readings(pen) { return this.all('SELECT at, temperature, oxygen FROM readings WHERE pen = ? ORDER BY at', [pen]); }
  feedings(pen) { return this.all('SELECT id, at, kilos FROM feedings WHERE pen = ? ORDER BY at', [pen]); }
  feed(pen, kilos, at = new Date().toISOString()) {
    const row = this.all('INSERT INTO feedings (pen, at, kilos) VALUES (?, ?, ?) RETURNING id, at, kilos', [pen, at, kilos])[0];
    this.save();
    return row;
  }
  measure(pen, { at, temperature, oxygen }) {
    this.all('INSERT INTO readings VALUES (?, ?, ?, ?)', [pen, at, temperature, oxygen]);
    this.save();
  }
  save() { writeFileSync(FILE, Buffer.from(this.db.export())); }
}
