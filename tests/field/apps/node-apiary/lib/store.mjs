// Hives and their weights in SQLite (compiled to WebAssembly), kept in one file.
import fs from 'node:fs';
import initSqlJs from 'sql.js';

const file = process.env.APIARY_DB ?? '/var/lib/apiary/apiary.db';
const SQL = await initSqlJs();
const fresh = !fs.existsSync(file);
const db = new SQL.Database(fresh ? undefined : fs.readFileSync(file));
const functions = () => db.create_function('ounces', (kilos) => Math.round(kilos * 35.27396));
functions();

if (fresh) {
  db.run(`CREATE TABLE hive (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, race TEXT, queen INTEGER CHECK (queen > 2000));
    CREATE TABLE weight (hive INTEGER REFERENCES hive, day TEXT, kilos REAL CHECK (kilos > 0));`);
  for (const [name, race, queen] of [['Linden', 'carnica', 2025], ['Chestnut', 'carnica', 2024], ['Acacia', 'ligustica', 2026]]) {
    db.run('INSERT INTO hive (name, race, queen) VALUES (?, ?, ?)', [name, race, queen]);
  }
  for (let day = 1; day <= 10; day++) {
    for (const hive of [1, 2, 3]) {
      db.run('INSERT INTO weight VALUES (?, ?, ?)', [hive, `2026-05-${String(day).padStart(2, '0')}`, 30 + hive + day * (0.4 + hive / 10)]);
    }
  }
  save();
}

export function save(to = file) {
  fs.writeFileSync(to, db.export()); // which forgets the functions
  functions();
}

export function rows(query, values = []) {
  const prepared = db.prepare(query);
  try {
    prepared.bind(values);
    const found = [];
    while (prepared.step()) found.push(prepared.getAsObject());
    return found;
  } finally {
    prepared.free();
  }
}

export function change(query, values) {
  const [row] = rows(`${query} RETURNING *`, values);
  save();
  return row;
}

export const hives = () => rows('SELECT * FROM hive ORDER BY id');
export const hive = (id) => rows('SELECT * FROM hive WHERE id = ?', [id])[0];
export const weights = (id) => rows('SELECT day, kilos, ounces(kilos) AS ounces FROM weight WHERE hive = ? ORDER BY day', [id]);
