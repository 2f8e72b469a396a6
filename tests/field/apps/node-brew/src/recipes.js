import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'

export async function load(file) {
  const text = await readFile(file, 'utf8')
  switch (extname(file)) {
    case '.yaml': return (await import('js-yaml')).load(text)
    case '.toml': return (await import('smol-toml')).parse(text).teas
    case '.xml': return [new (await import('fast-xml-parser')).XMLParser().parse(text).teas.tea].flat()
    default: return JSON.parse(text)
  }
}

export async function named(name, file) {
  const found = (await load(file)).find((tea) => tea.name === name)
  if (!found) {
    const { default: chalk } = await import('chalk')
    console.error(chalk.red(`no tea is called ${name}`))
    process.exit(4)
  }
  return found
}
