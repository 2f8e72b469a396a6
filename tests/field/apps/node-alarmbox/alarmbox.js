// Catches the alarm mails of machines, shows them, keeps a journal, and relays some to the office.
const fs = require('node:fs')
const MailDev = require('maildev')

const journal = process.env.JOURNAL || '/var/spool/alarms.csv'
const box = new MailDev({
  smtp: 1025,
  web: 1080,
  ip: '0.0.0.0',
  webIp: '0.0.0.0',
  mailDirectory: '/var/spool/alarms',
  outgoingHost: '127.0.0.1',
  outgoingPort: 2525,
  autoRelay: true,
  autoRelayRules: '/opt/alarmbox/relay-rules.json',
  verbose: true
})

box.on('new', (mail) => {
  const machine = mail.from[0].address.split('@')[0]
  const level = (mail.headers['x-alarm'] || 'info').toString()
  const quoted = (mail.subject || '').replaceAll('"', '""')
  fs.appendFileSync(journal, `${machine},${level},"${quoted}",${(mail.attachments || []).length}\n`)
})
box.on('delete', ({ id }) => fs.appendFileSync(journal, `box,deleted,"${id}",0\n`))

box.listen((error) => {
  if (error) throw error
  console.log('the box is open')
})
