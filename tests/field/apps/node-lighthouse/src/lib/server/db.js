import { createClient } from '@libsql/client';
import { env } from '$env/dynamic/private';

export const db = createClient({ url: env.DATABASE_URL ?? 'file:/tmp/lights.db' });

export async function prepare() {
	await db.batch([
		'CREATE TABLE IF NOT EXISTS lights (id INTEGER PRIMARY KEY, name TEXT UNIQUE, built TEXT, range INTEGER, note TEXT)',
		'CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, light INTEGER, who TEXT, said TEXT)',
		"INSERT OR IGNORE INTO lights VALUES (1, 'Fastnet', '1904-06-27', 27, 'Granite, **dovetailed**.')",
		"INSERT OR IGNORE INTO lights VALUES (2, 'Hook Head', '1201-01-01', 18, 'The *oldest* of them.')",
		"INSERT OR IGNORE INTO lights VALUES (3, 'Bugio', '1775-05-02', 15, 'In the mouth of the Tagus.')"
	]);
}
