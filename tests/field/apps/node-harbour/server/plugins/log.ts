export default defineNitroPlugin((nitro) => {
  nitro.hooks.hook("render:response", (response) => { response.headers = { ...response.headers, "x-harbour": "2.0.1" }; });
});
