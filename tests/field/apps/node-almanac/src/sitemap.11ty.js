export const data = { permalink: '/sitemap.xml', eleventyExcludeFromCollections: true }
export function render ({ collections }) {
  return `<urlset>${collections.all.map(page => `<url><loc>http://garden.example${page.url}</loc></url>`).join('')}</urlset>`
}
