#!/usr/bin/env node
import { Command } from 'commander'

const program = new Command('manage').version('1.4.0').description('The owner\'s commands of invites')
program.command('mail <kind>').description('print a letter').option('-t, --text', 'as text').action(async (kind, options) => {
  const { letter } = await import('./mail.js')
  const made = await letter(kind, { id: 1, title: 'Summer night', place: 'The mill', when: 'soon', lang: 'en', greeting: 'Dear Ada' })
  console.log(options.text ? made.text : made.html)
})
program.command('code <text>').description('print a code').action(async text => {
  const { default: codes } = await import('qrcode')
  console.log(await codes.toString(text, { type: 'terminal' }))
})
await program.parseAsync()
