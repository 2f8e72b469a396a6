import { error } from '@sveltejs/kit';
import { Resvg } from '@resvg/resvg-js';
import { db } from '$db';

export async function GET({ params }) {
	const { rows } = await db.execute({ sql: 'SELECT * FROM lights WHERE id = ?', args: [params.id] });
	if (!rows.length) error(404, 'no such light');
	const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="240" height="80"><rect width="240" height="80" fill="#fd6"/><text x="12" y="48" font-family="DejaVu Serif" font-size="28">${rows[0].name}</text></svg>`;
	if (params.kind === 'svg') return new Response(svg, { headers: { 'content-type': 'image/svg+xml' } });
	if (params.kind !== 'png') error(415, 'svg or png');
	const drawn = new Resvg(svg, { fitTo: { mode: 'width', value: 480 } }).render();
	return new Response(drawn.asPng(), { headers: { 'content-type': 'image/png', 'x-size': `${drawn.width}x${drawn.height}` } });
}
