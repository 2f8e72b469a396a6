import { error } from '@sveltejs/kit';
import { marked } from 'marked';
import { db } from '$db';

export async function load({ params }) {
	const { rows } = await db.execute({ sql: 'SELECT * FROM lights WHERE id = ?', args: [params.id] });
	if (!rows.length) error(404, 'no such light');
	return { light: { ...rows[0] }, note: await marked.parse(rows[0].note ?? '') };
}
