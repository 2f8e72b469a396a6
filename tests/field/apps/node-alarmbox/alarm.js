// alarm send MACHINE LEVEL TEXT [TO] | alarm invite MACHINE DAY | alarm watch SECONDS | alarm key
const crypto = require('node:crypto')
const path = require('node:path')
const nodemailer = require('nodemailer')

const [command, ...rest] = process.argv.slice(2)
const post = (options = {}) => nodemailer.createTransport({ host: '127.0.0.1', port: 1025, ignoreTLS: true, ...options })

const commands = {
  async send (machine, level, text, to = 'shift@plant.example') {
    const sent = await post().sendMail({
      from: { name: `Machine ${machine}`, address: `${machine}@plant.example` },
      to,
      cc: 'desk@plant.example',
      subject: `[${level}] ${text}`,
      headers: { 'X-Alarm': level },
      priority: level === 'fire' ? 'high' : 'normal',
      text,
      html: `<h1 onclick="alert(1)">${text}</h1><script>alert(2)</script><img src="cid:siren@plant">`,
      attachments: [
        { filename: 'siren.png', path: path.join(__dirname, 'siren.png'), cid: 'siren@plant' },
        { filename: 'Meßwerte.csv', content: 'sensor;value\nt1;81,5\n' }
      ]
    })
    return `${sent.accepted.join(' ')}: ${sent.response}`
  },
  async invite (machine, day) {
    const stamp = day.replaceAll('-', '')
    const content = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//plant//alarm//EN', 'METHOD:REQUEST', 'BEGIN:VEVENT', `UID:${machine}-${stamp}`,
      `DTSTAMP:${stamp}T060000Z`, `DTSTART:${stamp}T060000Z`, `SUMMARY:Service of ${machine}`, 'END:VEVENT', 'END:VCALENDAR'].join('\r\n')
    const { privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } })
    const sent = await post({ dkim: { domainName: 'plant.example', keySelector: 'box', privateKey } })
      .sendMail({ from: `${machine}@plant.example`, to: 'service@plant.example', subject: `Service on ${day}`, text: 'Please come.', icalEvent: { method: 'REQUEST', content } })
    return sent.messageId ? `invited: ${sent.response}` : 'not invited'
  },
  watch (seconds) {
    const { io } = require('socket.io-client')
    const socket = io('http://127.0.0.1:1080', { transports: rest[1] ? [rest[1]] : undefined })
    socket.on('connect', () => console.log(`watching by ${socket.io.engine.transport.name}`))
    socket.on('newMail', (mail) => console.log(`new: ${mail.subject}`))
    socket.on('deleteMail', (mail) => console.log(`deleted: ${mail.id}`))
    return new Promise((resolve) => setTimeout(() => { socket.close(); resolve('done') }, seconds * 1000))
  },
  async check () {
    await post().verify()
    return 'the box answers'
  }
}

if (!commands[command]) {
  console.error('usage: alarm send|invite|watch|check')
  process.exit(2)
}
Promise.resolve(commands[command](...rest)).then(console.log, (error) => {
  console.error(`${error.code}: ${error.message}`)
  process.exit(1)
})
