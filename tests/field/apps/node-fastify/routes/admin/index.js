export default async (app) => {
  app.get('/report', async (request) => {
    const { renderReport } = await import(`../../reports/${request.query.kind ?? 'text'}.js`)
    return renderReport()
  })
}
