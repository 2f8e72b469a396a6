// Charts, sheets and papers.
import { createRequire } from 'node:module';
import { scaleLinear, scaleTime } from 'd3-scale';
import { area, curveMonotoneX, line } from 'd3-shape';
import writeSheet from 'write-excel-file/node';

const PdfPrinter = createRequire(import.meta.url)('pdfmake');

export function chart(hive, weights) {
  const x = scaleTime([new Date(weights[0].day), new Date(weights.at(-1).day)], [30, 390]);
  const y = scaleLinear([0, Math.max(...weights.map((one) => one.kilos))], [170, 10]).nice();
  const at = (one) => x(new Date(one.day));
  const under = area().x(at).y0(y(0)).y1((one) => y(one.kilos)).curve(curveMonotoneX)(weights);
  const over = line().x(at).y((one) => y(one.kilos)).curve(curveMonotoneX)(weights);
  const ticks = y.ticks(4).map((value) => `<text x="2" y="${y(value)}">${y.tickFormat(4)(value)}</text>`);
  const days = x.ticks(4).map((day) => `<text x="${x(day)}" y="186">${x.tickFormat(4)(day)}</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 190" font-size="9"><title>${hive.name}</title>
<path d="${under}" fill="#fc6"/><path d="${over}" fill="none" stroke="#850"/>${ticks.join('')}${days.join('')}</svg>`;
}

export async function sheet(hives) {
  return writeSheet(hives, {
    schema: [
      { column: 'Hive', type: String, value: (one) => one.name, width: 20 },
      { column: 'Race', type: String, value: (one) => one.race },
      { column: 'Queen', type: Number, value: (one) => one.queen },
    ],
    buffer: true,
  });
}

export function paper(hive, weights, text) {
  const printer = new PdfPrinter({ Helvetica: { normal: 'Helvetica', bold: 'Helvetica-Bold' }, Times: { normal: 'Times-Roman', italics: 'Times-Italic' } });
  const document = printer.createPdfKitDocument({
    info: { title: hive.name },
    compress: false,
    defaultStyle: { font: 'Helvetica' },
    content: [
      { text: hive.name, bold: true, fontSize: 22 },
      { text: hive.race, font: 'Times', italics: true },
      { qr: `https://apiary.example/hives/${hive.id}`, fit: 80 },
      { table: { headerRows: 1, body: [[text('day'), text('kilos')], ...weights.map((one) => [one.day, one.kilos.toFixed(1)])] }, layout: 'lightHorizontalLines' },
    ],
  });
  return new Promise((done, failed) => {
    const parts = [];
    document.on('data', (part) => parts.push(part)).on('end', () => done(Buffer.concat(parts))).on('error', failed);
    document.end();
  });
}
