import { XMLBuilder } from 'fast-xml-parser'
export const write = (teas) => new XMLBuilder({ format: true }).build({ teas: { tea: teas } })
