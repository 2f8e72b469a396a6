export default defineEventHandler(() => runTask("tidy", { payload: { asked: true } }));
