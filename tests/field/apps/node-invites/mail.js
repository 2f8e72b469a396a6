import { readFile } from 'node:fs/promises'
import ejs from 'ejs'
import { convert } from 'html-to-text'
import mjml2html from 'mjml'
import nodemailer from 'nodemailer'

const here = new URL('mails/', import.meta.url)

export async function letter (name, about) {
  const source = await readFile(new URL(`${name}.mjml`, here), 'utf8')
  const { html, errors } = await mjml2html(ejs.render(source, about), {
    filePath: new URL(`${name}.mjml`, here).pathname, validationLevel: 'soft', ignoreIncludes: false
  })
  return { html, errors, text: convert(html, { wordwrap: 60 }) }
}

export async function send (to, name, about, attachments = []) {
  const post = process.env.SMTP_URL
    ? nodemailer.createTransport(process.env.SMTP_URL)
    : nodemailer.createTransport({ streamTransport: true, newline: 'unix', buffer: true })
  const made = await letter(name, about)
  return post.sendMail({ from: 'Mill <mill@house.example>', to, subject: about.title, html: made.html, text: made.text, attachments })
}
