import { z } from 'zod'
import { load } from '../recipes.js'
export default async (options, command, { file }) => {
  const tea = z.object({ name: z.string(), minutes: z.number().positive(), degrees: z.number().max(100), notes: z.string().optional() })
  const { success, error } = z.array(tea).safeParse(await load(file))
  for (const issue of error?.issues ?? []) console.error(`${issue.path.join('.')}: ${issue.message}`)
  console.log(success ? 'valid' : 'invalid')
  process.exitCode = success ? 0 : 1
}
