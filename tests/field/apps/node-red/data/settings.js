module.exports = {
    flowFile: "flows.json",
    credentialSecret: "field",
    uiPort: 1880,
    diagnostics: { enabled: true, ui: true },
    editorTheme: { tours: true, projects: { enabled: false } },
    logging: { console: { level: "info", metrics: false, audit: false } },
}
