const Joi = require('joi')
module.exports = Joi.object({ count: Joi.number().min(1).required() })
