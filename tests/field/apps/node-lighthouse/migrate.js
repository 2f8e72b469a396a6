// Run by hand: node migrate.js FILE.csv adds the lights of a list.
import { createClient } from '@libsql/client';
import { readFileSync } from 'node:fs';

const [, , file] = process.argv;
if (!file) {
	console.error('usage: node migrate.js FILE.csv');
	process.exit(64);
}
const db = createClient({ url: process.env.DATABASE_URL });
const rows = readFileSync(file, 'utf8').trim().split('\n').slice(1).map((line) => line.split(','));
const all = await db.transaction('write');
for (const [name, built, range] of rows)
	await all.execute({ sql: 'INSERT INTO lights (name, built, range, note) VALUES (?, ?, ?, ?)', args: [name, built, Number(range), ''] });
await all.commit();
console.log(`${rows.length} added`);
