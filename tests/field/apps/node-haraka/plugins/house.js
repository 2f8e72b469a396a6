// The tea house's own plug-in: counts mails, marks them, and tells both over HTTP.
'use strict'

let mails = 0

exports.register = function () {
    this.cfg = this.config.get('house.json')
    this.register_hook('init_http', 'routes')
    this.register_hook('data_post', 'mark')
}

exports.routes = function (next, server) {
    server.http.app.get('/mails', (req, res) => res.json({ mails, hello: this.cfg.hello }))
    next()
}

exports.mark = function (next, connection) {
    mails += 1
    connection.transaction.add_header('X-Tea-House', this.cfg.hello)
    connection.transaction.add_header('X-Tea-For', connection.transaction.rcpt_to.map((to) => to.address ?? String(to)).join(' '))
    const quarantine = connection.transaction.header.get('Subject').includes('strange')
    if (quarantine) connection.transaction.notes.set('quarantine', 'strange')
    next()
}
