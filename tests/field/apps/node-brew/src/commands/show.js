import boxen from 'boxen'
import Table from 'cli-table3'
import { named } from '../recipes.js'
export default async (name, options, command, { file }) => {
  const tea = await named(name, file)
  const table = new Table({ head: ['what', 'how much'], style: { head: [] } })
  table.push(['water', `${tea.degrees} °C`], ['time', `${tea.minutes} min`])
  console.log(boxen(tea.name, { borderStyle: 'double', padding: 1, title: 'tea' }))
  console.log(table.toString())
}
