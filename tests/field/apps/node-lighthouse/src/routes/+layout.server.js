export function load({ locals }) {
	return { lang: locals.lang, keeper: locals.keeper };
}
