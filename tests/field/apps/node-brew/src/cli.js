#!/usr/bin/env node
import { readFile } from 'node:fs/promises'
import { Command, Option } from 'commander'

const about = JSON.parse(await readFile(new URL('../package.json', import.meta.url)))
const program = new Command('brew').description('Recipes for tea, in the terminal.').version(about.version)
  .option('--file <file>', 'the recipes', 'recipes.yaml')
  .showSuggestionAfterError()

const command = (name, does) => program.command(name).description(does)
const lazily = (name) => async (...given) => (await import(`./commands/${name}.js`)).default(...given, program.opts())

command('list', 'list the recipes').action(lazily('list'))
command('show <name>', 'show one recipe in a box').action(lazily('show'))
command('search <words>', 'search, also with typing errors').action(lazily('search'))
command('export', 'write the recipes in another format')
  .addOption(new Option('--format <format>').choices(['json', 'xml', 'toml', 'html']).default('json')).action(lazily('export'))
command('brew <name>', 'wait until the tea is ready').action(lazily('brew'))
command('check', 'check the file of recipes').action(lazily('check'))
command('when <name> <date>', 'say how old an opened tea is').option('--language <language>', 'the language', 'en-US').action(lazily('when'))

await program.parseAsync()
