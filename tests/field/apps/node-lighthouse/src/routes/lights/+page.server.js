import { db } from '$db';

export async function load({ url }) {
	const order = { built: 'built', range: 'range DESC' }[url.searchParams.get('by')] ?? 'name';
	return { lights: (await db.execute(`SELECT id, name, built FROM lights ORDER BY ${order}`)).rows.map((row) => ({ ...row })) };
}
