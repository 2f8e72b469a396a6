import { load } from '../recipes.js'
export default async (options, command, { file }) => {
  for (const tea of await load(file)) console.log(tea.name)
}
