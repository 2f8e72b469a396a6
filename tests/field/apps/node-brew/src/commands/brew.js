import ora from 'ora'
import { named } from '../recipes.js'
export default async (name, options, command, { file }) => {
  const tea = await named(name, file)
  const spinner = ora(`brewing ${tea.name}`).start()
  await new Promise((done) => setTimeout(done, tea.minutes * 50))
  spinner.succeed(`${tea.name} is ready`)
}
