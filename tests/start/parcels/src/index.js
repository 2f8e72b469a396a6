const express = require('express')
const morgan = require('morgan')
const parcels = require('./parcels')

const app = express()
app.use(morgan('combined'))
app.use(express.json())
app.use('/v1/parcels', parcels)
app.get('/livez', (req, res) => res.json({ up: true }))

const server = app.listen(process.env.PORT || 3000)
process.on('SIGTERM', () => server.close(() => process.exit(0)))
