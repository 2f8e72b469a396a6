import { error, json } from '@sveltejs/kit';
import { z } from 'zod';
import { db } from '$db';

const Light = z.object({
	name: z.string().min(2),
	built: z.iso.date(),
	range: z.number().int().positive().max(40),
	note: z.string().default('')
});

export async function GET({ setHeaders }) {
	setHeaders({ 'cache-control': 'max-age=60' });
	return json((await db.execute('SELECT * FROM lights ORDER BY id')).rows.map((row) => ({ ...row })));
}

export async function POST({ request }) {
	const asked = Light.safeParse(await request.json().catch(() => error(400, 'not JSON')));
	if (!asked.success) return json({ issues: z.prettifyError(asked.error) }, { status: 422 });
	try {
		const { name, built, range, note } = asked.data;
		const done = await db.execute({ sql: 'INSERT INTO lights (name, built, range, note) VALUES (?, ?, ?, ?)', args: [name, built, range, note] });
		return json({ id: Number(done.lastInsertRowid), ...asked.data }, { status: 201 });
	} catch (wrong) {
		if (wrong.code?.startsWith('SQLITE_CONSTRAINT')) error(409, 'that light is known');
		throw wrong;
	}
}
