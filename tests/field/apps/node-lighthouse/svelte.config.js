import adapter from '@sveltejs/adapter-node';
import { mdsvex } from 'mdsvex';

export default {
	extensions: ['.svelte', '.svx'],
	preprocess: [mdsvex()],
	kit: {
		adapter: adapter({ out: 'build', precompress: true, envPrefix: 'LIGHT_' }),
		alias: { $db: 'src/lib/server/db.js' }
	}
};
