const { Router } = require('express')
const { v4: uuid } = require('uuid')

const known = new Map([['demo', { id: 'demo', grams: 250, zone: 'A' }]])
const router = Router()

router.get('/', (req, res) => res.json([...known.values()]))
router.get('/:id', (req, res) => {
  const parcel = known.get(req.params.id)
  if (!parcel) return res.status(404).json({ error: 'no such parcel' })
  res.json(parcel)
})
router.post('/', (req, res) => {
  if (!Number.isInteger(req.body.grams)) return res.status(422).json({ error: 'grams?' })
  const parcel = { id: uuid(), zone: 'A', ...req.body }
  known.set(parcel.id, parcel)
  res.status(201).json(parcel)
})

module.exports = router
