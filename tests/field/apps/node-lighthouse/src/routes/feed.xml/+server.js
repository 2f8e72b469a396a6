import { Feed } from 'feed';
import { db } from '$db';

export async function GET({ url }) {
	const feed = new Feed({ title: 'Lights', id: url.origin, link: url.origin, copyright: 'the society', updated: new Date('2026-01-01') });
	for (const row of (await db.execute('SELECT * FROM lights')).rows)
		feed.addItem({ title: row.name, id: `${url.origin}/lights/${row.id}`, link: `${url.origin}/lights/${row.id}`, date: new Date(row.built) });
	const as = url.searchParams.get('as');
	return new Response(as === 'atom' ? feed.atom1() : as === 'json' ? feed.json1() : feed.rss2(), {
		headers: { 'content-type': as === 'json' ? 'application/feed+json' : 'application/xml' }
	});
}
