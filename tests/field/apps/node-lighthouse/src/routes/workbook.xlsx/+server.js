import { db } from '$db';

export async function GET() {
	const { default: Excel } = await import('exceljs');
	const book = new Excel.Workbook();
	const sheet = book.addWorksheet('Lights', { views: [{ state: 'frozen', ySplit: 1 }] });
	sheet.columns = [{ header: 'Name', key: 'name', width: 24 }, { header: 'Range', key: 'range' }];
	sheet.addRows((await db.execute('SELECT * FROM lights')).rows.map((row) => ({ ...row })));
	return new Response(await book.xlsx.writeBuffer(), {
		headers: { 'content-type': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet' }
	});
}

export async function POST({ request }) {
	const { default: Excel } = await import('exceljs');
	const book = new Excel.Workbook();
	await book.xlsx.load(await request.arrayBuffer());
	const names = [];
	book.worksheets[0].getColumn(1).eachCell((cell) => names.push(cell.text));
	return Response.json({ sheet: book.worksheets[0].name, names: names.slice(1) });
}
