import { load } from '../recipes.js'
export default async ({ format }, command, { file }) => {
  const { write } = await import(`../formats/${format}.js`)
  console.log(await write(await load(file)))
}
