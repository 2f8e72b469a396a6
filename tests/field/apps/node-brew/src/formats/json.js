export const write = (teas) => JSON.stringify(teas, null, 2)
