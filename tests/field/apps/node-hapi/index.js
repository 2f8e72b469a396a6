'use strict'
const Hapi = require('@hapi/hapi')
const Path = require('path')

const init = async () => {
  const server = Hapi.server({ port: 4000, host: '0.0.0.0', routes: { files: { relativeTo: Path.join(__dirname, 'public') } } })
  await server.register([require('@hapi/inert'), require('@hapi/vision')])
  server.views({ engines: { html: require('handlebars') }, relativeTo: __dirname, path: 'templates', partialsPath: 'templates/partials', isCached: false })
  server.route({ method: 'GET', path: '/', handler: () => 'up' })
  server.route({ method: 'GET', path: '/hello/{name}', handler: (request, h) => h.view('hello', { name: request.params.name }) })
  server.route({ method: 'GET', path: '/assets/{file*}', handler: { directory: { path: '.', listing: true } } })
  const validated = { handler: (request) => request.payload, options: { validate: { payload: (value) => require('joi').attempt(value, require('./schema')) } } }
  server.route({ method: 'POST', path: '/orders', ...validated })
  server.route({ method: 'GET', path: '/form', handler: (request, h) => h.file('form.html') })
  await server.start()
}
init()
