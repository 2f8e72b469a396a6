import { formatDistance, parseISO } from 'date-fns'
import * as locales from 'date-fns/locale'
import { named } from '../recipes.js'
export default async (name, date, { language }, command, { file }) => {
  const tea = await named(name, file)
  const locale = locales[language.replace('-', '')]
  console.log(`${tea.name}: ${formatDistance(parseISO(date), new Date('2026-03-01'), { locale, addSuffix: true })}`)
}
