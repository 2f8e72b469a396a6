import { dev } from '$app/environment';
import { pick } from '$lib/words.js';
import { read } from '$lib/server/session.js';
import { prepare } from '$db';

export async function init() {
	await prepare();
}

export async function handle({ event, resolve }) {
	event.locals.lang = pick(event.request.headers.get('accept-language'));
	event.locals.keeper = await read(event.cookies.get('keeper'));
	const response = await resolve(event, {
		transformPageChunk: ({ html }) => html.replace('%lang%', event.locals.lang)
	});
	response.headers.set('x-light', dev ? 'dev' : 'lit');
	return response;
}

export function handleError({ error, event, status, message }) {
	console.error(status, event.url.pathname, error?.message);
	return { message: status === 500 ? `fog: ${error?.message}` : message };
}
