import Fuse from 'fuse.js'
import { load } from '../recipes.js'
export default async (words, options, command, { file }) => {
  const found = new Fuse(await load(file), { keys: ['name', 'notes'], threshold: 0.4 }).search(words)
  for (const { item } of found) console.log(`found: ${item.name}`)
}
