import { marked } from 'marked'
export const write = (teas) => teas.map((tea) => marked.parse(`## ${tea.name}\n\n${tea.notes ?? ''}`)).join('')
