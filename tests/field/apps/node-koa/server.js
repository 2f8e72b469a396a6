const path = require('path')
const Koa = require('koa')
const Router = require('@koa/router')
const ejs = require('ejs')

const app = new Koa()
const router = new Router()
const view = (name, data) => ejs.renderFile(path.join(__dirname, 'views', name + '.ejs'), data)

router.get('/', async (ctx) => { ctx.body = await view('index', { title: 'Tea' }) })
router.get('/users/:id', async (ctx) => { ctx.body = await view('user', { id: ctx.params.id }) })
router.get('/date/:locale', (ctx) => {
  const dayjs = require('dayjs')
  require('dayjs/locale/' + ctx.params.locale)
  ctx.body = dayjs('2024-05-01').locale(ctx.params.locale).format('MMMM')
})
router.get('/export', async (ctx) => {
  const { stringify } = require('csv-stringify/sync')
  ctx.type = 'text/csv'
  ctx.body = stringify([['a', 'b'], [1, 2]])
})
router.get('/report', async (ctx) => { ctx.body = await require('./reports')('daily') })

app.use(require('koa-static')(path.join(__dirname, 'public')))
app.use(router.routes())
app.listen(3000)
