import { readFile } from 'node:fs/promises'
import express from 'express'
import { routes } from './routes.mjs'

const app = express()
app.set('view engine', 'pug')
app.set('views', new URL('../views', import.meta.url).pathname)
app.get('/', (req, res) => res.render('index', { title: 'Blog' }))
app.get('/posts/:name', async (req, res, next) => {
  try {
    const { marked } = await import('marked')
    const text = await readFile(new URL(`../posts/${req.params.name}.md`, import.meta.url), 'utf8')
    res.render('post', { html: marked.parse(text) })
  } catch (error) { next(error) }
})
routes(app)
app.use((error, req, res, next) => res.status(500).render('error', { message: error.message }))
app.listen(8080)
