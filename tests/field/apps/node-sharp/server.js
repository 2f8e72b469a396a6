'use strict'
const express = require('express')
const path = require('path')
const sharp = require('sharp')

const app = express()
const leaf = path.join(__dirname, 'pictures', 'leaf.svg')
const raw = () => sharp({ create: { width: 120, height: 90, channels: 3, background: 'teal' } })

app.get('/', (req, res) => res.send('thumbnails: /thumb/png'))

app.get('/thumb/:kind', async (req, res, next) => {
  try {
    const out = await raw().resize(48, 48).toFormat(req.params.kind).toBuffer()
    res.type(req.params.kind).send(out)
  } catch (error) { next(error) }
})
app.get('/leaf.png', async (req, res) => res.type('png').send(await sharp(leaf).rotate(90).blur(2).png().toBuffer()))
app.get('/label.png', async (req, res) => {
  const text = await sharp({ text: { text: 'Tea', font: 'DejaVu Sans', width: 80, dpi: 96 } }).png().toBuffer()
  res.type('png').send(await raw().composite([{ input: text }]).png().toBuffer())
})
app.get('/about', async (req, res) => {
  const out = await raw().withExif({ IFD0: { Copyright: 'field' } }).jpeg().toBuffer()
  const found = await require('exifr').parse(out)
  res.json({ ...(await sharp(out).metadata()), exif: undefined, copyright: found.Copyright, stats: (await sharp(out).stats()).isOpaque })
})
app.use('/pictures', express.static(path.join(__dirname, 'pictures')))
app.use((error, req, res, next) => res.status(400).json({ error: error.message }))
app.listen(3000)
