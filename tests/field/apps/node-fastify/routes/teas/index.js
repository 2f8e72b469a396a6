const tea = { type: 'object', required: ['name'], properties: { name: { type: 'string', minLength: 2 }, mail: { type: 'string', format: 'email' } } }

export default async (app) => {
  app.get('/', async () => [{ name: 'assam' }])
  app.post('/', { schema: { body: tea } }, async (request) => ({ added: request.body.name }))
  app.post('/upload', async (request) => {
    const file = await request.file()
    return { bytes: (await file.toBuffer()).length }
  })
}
