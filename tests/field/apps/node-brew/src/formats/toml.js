import { stringify } from 'smol-toml'
export const write = (teas) => stringify({ teas })
