export default async (app) => {
  app.get('/', async () => ({ up: true }))
  app.get('/page', (request, reply) => reply.view('page.ejs', { title: 'Tea' }))
  app.get('/visits', async (request, reply) => {
    reply.setCookie('visits', '1', { signed: true, path: '/' })
    return { visits: 1 }
  })
  app.get('/big', async () => ({ text: 'tea '.repeat(1000) }))
}
