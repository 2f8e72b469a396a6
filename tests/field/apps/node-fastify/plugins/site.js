import { join } from 'node:path'
import compress from '@fastify/compress'
import cookie from '@fastify/cookie'
import fp from 'fastify-plugin'
import multipart from '@fastify/multipart'
import files from '@fastify/static'
import swagger from '@fastify/swagger'
import ui from '@fastify/swagger-ui'
import view from '@fastify/view'
import ejs from 'ejs'

export default fp(async (app) => {
  const root = import.meta.dirname + '/..'
  await app.register(cookie, { secret: 'field' })
  await app.register(multipart)
  await app.register(compress)
  await app.register(view, { engine: { ejs }, root: join(root, 'views') })
  await app.register(files, { root: join(root, 'public'), prefix: '/public/' })
  await app.register(swagger, { openapi: { info: { title: 'teas', version: '1' } } })
  await app.register(ui, { routePrefix: '/documentation' })
})
