import XlsxPopulate from 'xlsx-populate';

export async function workbook(store, t, password) {
  const book = await XlsxPopulate.fromBlankAsync();
  for (const [index, pen] of store.pens().entries()) {
    const sheet = index ? book.addSheet(pen.name) : book.sheet(0).name(pen.name);
    sheet.cell('A1').value([[t('time'), t('temperature'), t('oxygen')], ...store.readings(pen.id).map((one) => [one.at, one.temperature, one.oxygen])]);
    sheet.row(1).style({ bold: true, fill: 'd0e4f0' });
  }
  return book.outputAsync(password ? { password } : {});
}

export async function cells(bytes, password) {
  const book = await XlsxPopulate.fromDataAsync(bytes, password ? { password } : {});
  return book.sheets().map((sheet) => ({ name: sheet.name(), rows: sheet.usedRange()?.value() ?? [] }));
}
