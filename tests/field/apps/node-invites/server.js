import { mkdirSync } from 'node:fs'
import express from 'express'
import compression from 'compression'
import cookies from 'cookie-parser'
import { rateLimit } from 'express-rate-limit'
import helmet from 'helmet'
import i18next from 'i18next'
import Backend from 'i18next-fs-backend'
import middleware from 'i18next-http-middleware'
import Joi from 'joi'
import { DateTime } from 'luxon'
import morgan from 'morgan'
import multer from 'multer'
import { log } from './log.js'

mkdirSync('/var/log/invites', { recursive: true })
await i18next.use(Backend).use(middleware.LanguageDetector).init({
  fallbackLng: 'en', preload: ['en', 'fr'], supportedLngs: ['en', 'fr'],
  backend: { loadPath: new URL('locales', import.meta.url).pathname + '/{{lng}}/{{ns}}.json' }
})

const events = new Map([[1, { id: 1, title: 'Summer night', place: 'The mill', at: '2026-06-20T19:30', zone: 'Europe/Paris', guests: ['Ada'] }]])
const wanted = Joi.object({
  title: Joi.string().min(3).required(), place: Joi.string().required(),
  at: Joi.string().isoDate().required(), zone: Joi.string().default('Europe/Paris')
})
const upload = multer({ storage: multer.memoryStorage(), limits: { fileSize: 2000 } })

const app = express()
app.set('view engine', 'pug')
app.set('views', new URL('views', import.meta.url).pathname)
app.use(helmet(), compression({ threshold: 300 }), cookies('mill'), middleware.handle(i18next))
app.use(morgan('combined', { stream: { write: line => log.http(line.trim()) } }))
app.use(express.static(new URL('public', import.meta.url).pathname, { maxAge: '1d' }))
app.use(express.json({ limit: '4kb' }), express.urlencoded({ extended: true }))

const when = (event, lang) => DateTime.fromISO(event.at, { zone: event.zone }).setLocale(lang).toLocaleString(DateTime.DATETIME_FULL)
app.param('id', (request, response, next, id) => {
  request.event = events.get(Number(id))
  request.event ? next() : next(Object.assign(new Error('no such event'), { status: 404 }))
})

app.get('/', (request, response) => {
  response.render('events', { events: [...events.values()], when: event => when(event, request.language), t: request.t })
})
app.get('/events/:id', (request, response) => response.format({
  html: () => response.render('event', { event: request.event, when: when(request.event, request.language), t: request.t }),
  json: () => response.json(request.event),
  text: () => response.send(`${request.event.title}\n${when(request.event, 'en')}\n`)
}))
app.post('/events', (request, response) => {
  const { value, error } = wanted.validate(request.body, { abortEarly: false })
  if (error) return response.status(422).json(error.details.map(each => each.message))
  const event = { id: events.size + 1, guests: [], ...value }
  events.set(event.id, event)
  log.info('event %s made', event.title)
  response.status(201).location(`/events/${event.id}`).json(event)
})
app.get('/events/:id/event.ics', async (request, response) => {
  const { default: ical } = await import('ical-generator')
  const calendar = ical({ name: 'Mill' })
  const start = DateTime.fromISO(request.event.at, { zone: request.event.zone })
  calendar.createEvent({ id: String(request.event.id), start: start.toJSDate(), end: start.plus({ hours: 4 }).toJSDate(), summary: request.event.title, location: request.event.place })
  response.type('text/calendar').send(calendar.toString())
})
app.get('/events/:id/poster.pdf', async (request, response) => {
  const { default: Document } = await import('pdfkit')
  const page = new Document({ size: 'A5', info: { Title: request.event.title } })
  response.type('pdf')
  page.pipe(response)
  page.font('Times-Bold').fontSize(30).text(request.event.title, { align: 'center' })
  page.font('Courier').fontSize(12).text(request.event.place)
  page.end()
})
app.get('/events/:id/code.:kind', async (request, response) => {
  const { default: codes } = await import('qrcode')
  const address = `http://house.example/events/${request.event.id}`
  if (request.params.kind === 'svg') return response.type('svg').send(await codes.toString(address, { type: 'svg' }))
  response.type('png').send(await codes.toBuffer(address))
})
app.get('/events/:id/mail', async (request, response) => {
  const { letter } = await import('./mail.js')
  const { event, t, language } = request
  const made = await letter(request.query.kind === 'news' ? 'news' : 'invitation', { ...event, when: when(event, language), lang: language, greeting: t('greeting', { name: 'Ada' }) })
  request.query.text ? response.type('text').send(made.text) : response.send(made.html)
})
app.post('/events/:id/send', async (request, response) => {
  const { send } = await import('./mail.js')
  const { event, t, language } = request
  const sent = await send(request.body.to, 'invitation', { ...event, when: when(event, language), lang: language, greeting: t('greeting', { name: request.body.to }) })
  response.type('text').send(sent.message.toString())
})
app.post('/events/:id/guests', upload.single('list'), (request, response) => {
  const names = request.file ? request.file.buffer.toString().split('\n').filter(Boolean) : [].concat(request.body.name)
  request.event.guests.push(...names)
  response.json({ guests: request.t('guests', { count: request.event.guests.length }) })
})
app.post('/enter', rateLimit({ windowMs: 60000, limit: 2, legacyHeaders: false, standardHeaders: 'draft-8' }), (request, response) => {
  if (request.body.password !== 'mill') return response.status(401).send(request.t('wrong'))
  response.cookie('who', 'ada', { signed: true, httpOnly: true }).redirect('/')
})
app.use((request, response, next) => next(Object.assign(new Error('nowhere'), { status: 404 })))
app.use((error, request, response, next) => {
  const status = error.status || (error.code === 'LIMIT_FILE_SIZE' ? 413 : 500)
  if (status >= 500) log.error(error)
  response.status(status).render('error', { status, message: error.message, t: request.t })
})
const server = app.listen(3000, () => log.info('listening on %d', 3000))
process.on('SIGTERM', () => server.close(() => process.exit()))
