'use strict'
const express = require('express')
const path = require('path')
const i18next = require('i18next')
const Backend = require('i18next-fs-backend')
const i18n = require('i18next-http-middleware')
const morgan = require('morgan')

const app = express()
i18next.use(Backend).use(i18n.LanguageDetector).init({
  fallbackLng: 'en',
  preload: ['en'],
  backend: { loadPath: path.join(__dirname, 'locales', '{{lng}}', '{{ns}}.json') }
})
app.set('view engine', 'pug')
app.set('views', path.join(__dirname, 'views'))
app.use(morgan('tiny'))
app.use(i18n.handle(i18next))
app.get('/', (req, res) => res.send('shop: ' + req.t('welcome')))
app.get('/teas', (req, res) => res.render('teas', { t: req.t, teas: ['assam', 'sencha'] }))
app.get('/bill.pdf', (req, res) => {
  const PDFDocument = require('pdfkit')
  const bill = new PDFDocument({ compress: false })
  bill.pipe(res.type('pdf'))
  bill.font('Times-Roman').text('one tea')
  bill.end()
})
app.get('/mail', async (req, res) => {
  const post = require('nodemailer').createTransport({ streamTransport: true, buffer: true })
  const sent = await post.sendMail({ from: 'a@example.org', to: 'b@example.org', subject: 'Tea', html: '<b>ready</b>', attachments: [{ filename: 'x.csv', content: 'a,b' }] })
  res.type('text').send(sent.message)
})
app.get('/table.xlsx', async (req, res) => {
  const { Workbook } = require('exceljs')
  const book = new Workbook()
  book.addWorksheet('teas').addRow(['assam', 4.5])
  res.send(Buffer.from(await book.xlsx.writeBuffer()))
})
app.get('/terms', (req, res) => res.send(require('marked').parse('# Terms\n\n| a | b |\n| --- | --- |\n| 1 | 2 |')))
app.get('/latin', (req, res) => res.send(require('iconv-lite').decode(Buffer.from([0x83, 0x65]), 'shift_jis')))
app.get('/code.svg', async (req, res) => res.type('svg').send(await require('qrcode').toString('tea', { type: 'svg' })))
app.use((req, res) => res.status(404).render('missing', { t: req.t }))
app.listen(8081)
