import { EleventyI18nPlugin, EleventyRenderPlugin, IdAttributePlugin, InputPathToUrlTransformPlugin } from '@11ty/eleventy'
import navigation from '@11ty/eleventy-navigation'
import { feedPlugin } from '@11ty/eleventy-plugin-rss'
import highlight from '@11ty/eleventy-plugin-syntaxhighlight'
import yaml from 'js-yaml'
import { DateTime } from 'luxon'
import footnote from 'markdown-it-footnote'

export default function (config) {
  config.addPlugin(navigation)
  config.addPlugin(highlight)
  config.addPlugin(EleventyRenderPlugin)
  config.addPlugin(IdAttributePlugin)
  config.addPlugin(InputPathToUrlTransformPlugin)
  config.addPlugin(EleventyI18nPlugin, { defaultLanguage: 'en' })
  config.addPlugin(feedPlugin, { type: 'atom', outputPath: '/feed.xml', collection: { name: 'post', limit: 5 }, metadata: { language: 'en', title: 'Almanac', base: 'http://garden.example/', author: { name: 'Ada' } } })
  config.addPlugin(feedPlugin, { type: 'json', outputPath: '/feed.json', collection: { name: 'post', limit: 5 }, metadata: { language: 'en', title: 'Almanac', base: 'http://garden.example/', author: { name: 'Ada' } } })
  config.addDataExtension('yml,yaml', text => yaml.load(text))
  config.amendLibrary('md', library => library.use(footnote))
  config.addFilter('day', (date, lang = 'en') => DateTime.fromJSDate(date, { zone: 'utc' }).setLocale(lang).toFormat('d MMMM yyyy'))
  config.addShortcode('sun', hours => `<b>${'☀'.repeat(hours)}</b>`)
  config.addPassthroughCopy({ 'src/garden.svg': 'garden.svg' })
  config.addTransform('small', async function (text) {
    if (!process.env.SMALL || !this.page.outputPath?.endsWith('.html')) return text
    const { minify } = await import('html-minifier-terser')
    return minify(text, { collapseWhitespace: true, minifyCSS: true, minifyJS: true, removeComments: true })
  })
  config.addTemplateFormats('css')
  config.addExtension('css', { outputFileExtension: 'css', compile: async text => async () => new (await import('clean-css')).default().minify(text).styles })
  return { dir: { input: 'src' }, markdownTemplateEngine: 'njk' }
}
