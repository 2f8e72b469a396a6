import { db } from '$db';
import { day, say } from '$lib/words.js';

export async function load({ locals: { lang } }) {
	const n = Number((await db.execute('SELECT count(*) AS n FROM lights')).rows[0].n);
	return { title: say(lang, 'title'), many: say(lang, 'many', { n }), since: day(lang, new Date('1998-10-23')) };
}
