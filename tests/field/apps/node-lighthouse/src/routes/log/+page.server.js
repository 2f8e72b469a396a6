import { fail, redirect } from '@sveltejs/kit';
import { writeFile } from 'node:fs/promises';
import { db } from '$db';
import { write } from '$lib/server/session.js';

export async function load() {
	return { lines: (await db.execute('SELECT * FROM log ORDER BY id DESC')).rows.map((row) => ({ ...row })) };
}

export const actions = {
	say: async ({ request }) => {
		const form = await request.formData();
		const said = form.get('said')?.toString().trim();
		if (!said) return fail(400, { wrong: 'Say something.', who: form.get('who') });
		await db.execute({ sql: 'INSERT INTO log (light, who, said) VALUES (1, ?, ?)', args: [form.get('who') ?? '', said] });
		return { kept: said };
	},
	enter: async ({ request, cookies }) => {
		const form = await request.formData();
		if (form.get('word') !== 'beacon') return fail(401, { wrong: 'That is not the word.' });
		cookies.set('keeper', await write(form.get('who').toString()), { path: '/', secure: false });
		redirect(303, '/admin');
	},
	photo: async ({ request }) => {
		const file = (await request.formData()).get('photo');
		if (!file?.type?.startsWith('image/')) return fail(415, { wrong: 'Only pictures.' });
		await writeFile(`/tmp/${file.name.replace(/[^a-z0-9.]/gi, '_')}`, Buffer.from(await file.arrayBuffer()));
		return { kept: `${file.name}, ${file.size} bytes` };
	}
};
