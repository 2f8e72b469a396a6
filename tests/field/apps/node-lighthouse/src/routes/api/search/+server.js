import { json } from '@sveltejs/kit';
import { db } from '$db';

export async function GET({ url }) {
	const { default: MiniSearch } = await import('minisearch');
	const search = new MiniSearch({ fields: ['name', 'note'], storeFields: ['name'], searchOptions: { fuzzy: 0.2, prefix: true } });
	search.addAll((await db.execute('SELECT * FROM lights')).rows.map((row) => ({ ...row })));
	return json(search.search(url.searchParams.get('q') ?? '').map(({ id, name }) => ({ id, name })));
}
