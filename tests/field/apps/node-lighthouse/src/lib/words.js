import { IntlMessageFormat } from 'intl-messageformat';

const words = {
	en: { title: 'Lights of the coast', many: '{n, plural, =0 {no lights} one {# light} other {# lights}} shine', lost: 'No light burns here.' },
	ga: { title: 'Soilse an chósta', many: '{n, plural, one {# solas} two {# sholas} few {# sholas} many {# solas} other {# solas}} ag lonradh', lost: 'Níl aon solas anseo.' },
	pt: { title: 'Luzes da costa', many: '{n, plural, one {# luz brilha} other {# luzes brilham}}', lost: 'Nenhuma luz aqui.' }
};

export function pick(header) {
	const wanted = (header ?? '').split(',').map((part) => part.trim().slice(0, 2).toLowerCase());
	return wanted.find((lang) => lang in words) ?? 'en';
}

export function say(lang, key, values = {}) {
	return new IntlMessageFormat(words[lang][key], lang).format(values);
}

export function day(lang, when) {
	return new Intl.DateTimeFormat(lang, { dateStyle: 'full', timeZone: 'UTC' }).format(when);
}
