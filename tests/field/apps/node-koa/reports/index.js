module.exports = async (name) => (await import(`./${name}.mjs`)).default()
