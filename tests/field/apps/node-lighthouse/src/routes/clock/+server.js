import { error, text } from '@sveltejs/kit';

export function GET({ url, locals }) {
	try {
		return text(
			new Intl.DateTimeFormat(locals.lang, { dateStyle: 'long', timeStyle: 'long', timeZone: url.searchParams.get('zone') ?? 'Europe/Dublin' }).format(new Date('2026-07-01T12:00:00Z'))
		);
	} catch (wrong) {
		error(400, wrong.message);
	}
}
