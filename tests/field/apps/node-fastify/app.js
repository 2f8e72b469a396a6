import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Fastify from 'fastify'
import autoload from '@fastify/autoload'

const here = dirname(fileURLToPath(import.meta.url))
const app = Fastify({ logger: { level: 'warn' } })
await app.register(autoload, { dir: join(here, 'plugins') })
await app.register(autoload, { dir: join(here, 'routes') })
await app.listen({ port: 3001, host: '0.0.0.0' })
