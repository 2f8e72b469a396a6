// A guest book that forgets.
const express = require('express')

const app = express()
const entries = []

app.use(express.json())
app.use(express.static('public'))
app.get('/entries', (request, response) => response.json(entries))
app.post('/entries', (request, response) => {
  entries.push(String(request.body.text))
  response.status(201).json({ count: entries.length })
})

const server = app.listen(3000, '0.0.0.0')
process.on('SIGTERM', () => server.close())
