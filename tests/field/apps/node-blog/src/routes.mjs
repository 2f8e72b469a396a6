import express from 'express'

export function routes (app) {
  app.get('/feed', async (req, res) => {
    const { Feed } = await import('feed')
    const feed = new Feed({ title: 'Blog', id: 'blog', copyright: 'none' })
    feed.addItem({ title: 'Hello', link: 'http://x/posts/hello', date: new Date(0) })
    res.type('xml').send(feed.rss2())
  })
  app.post('/subscribe', express.json(), async (req, res) => {
    const { z } = await import('zod')
    const found = z.object({ email: z.string().email() }).safeParse(req.body)
    res.status(found.success ? 201 : 422).json(found.error?.issues ?? {})
  })
}
