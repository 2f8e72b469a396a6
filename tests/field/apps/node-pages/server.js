const path = require('node:path')
const express = require('express')
const i18next = require('i18next')
const Backend = require('i18next-fs-backend')
const middleware = require('i18next-http-middleware')
const { body, validationResult } = require('express-validator')

i18next.use(Backend).use(middleware.LanguageDetector).init({
  fallbackLng: 'en', supportedLngs: ['en', 'de', 'fr'], ns: ['common', 'order'], defaultNS: 'common',
  backend: { loadPath: path.join(__dirname, 'locales/{{lng}}/{{ns}}.json') },
})

const teas = [{ name: 'Assam', price: 4.5 }, { name: 'Sencha', price: 6 }]
const orders = []
const app = express()
app.set('view engine', 'pug')
app.use(require('morgan')('tiny'), require('helmet')(), require('compression')())
app.use(require('cookie-session')({ keys: ['field'] }))
app.use(middleware.handle(i18next), express.urlencoded({ extended: true }), express.json())
app.use('/static', express.static('public'))

app.get('/', (req, res) => res.render('index', { teas }))
app.get('/order', (req, res) => res.render('order', { teas, errors: [] }))
app.post('/order', body('cups').isInt({ min: 1 }), body('mail').isEmail().normalizeEmail(), (req, res) => {
  const errors = validationResult(req).array()
  if (errors.length) return res.status(422).render('order', { teas, errors })
  orders.push(req.body)
  res.render('thanks', { order: req.body })
})
app.post('/upload', require('multer')({ storage: require('multer').memoryStorage() }).single('photo'), (req, res) => {
  res.send(`${req.file.originalname}: ${req.file.size} bytes of ${req.file.mimetype}`)
})
app.get('/feed.xml', (req, res) => {
  const RSS = require('rss')
  const feed = new RSS({ title: 'Teas', feed_url: 'http://tea.example/feed.xml', site_url: 'http://tea.example/' })
  for (const tea of teas) feed.item({ title: tea.name, url: `http://tea.example/${tea.name}`, date: '2026-01-01' })
  res.type('rss').send(feed.xml())
})
app.get('/menu.pdf', (req, res) => {
  const PDF = require('pdfkit')
  const page = new PDF({ compress: false })
  page.pipe(res.type('pdf'))
  page.font('Times-Italic').fontSize(24)
  for (const tea of teas) page.text(tea.name)
  page.end()
})
app.get('/code.svg', async (req, res) => res.type('svg').send(await require('qrcode').toString(req.query.text, { type: 'svg' })))
app.get('/fails', () => { throw new Error('the kettle fell') })
app.use((req, res) => res.status(404).render('missing'))
app.use((error, req, res, next) => res.status(error.status ?? 500).render('broken', { error }))
app.listen(3000)
