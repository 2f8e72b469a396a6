import winston from 'winston'
import 'winston-daily-rotate-file'

const { combine, timestamp, json, errors, splat, simple, colorize } = winston.format
const file = new winston.transports.DailyRotateFile({
  filename: '/var/log/invites/%DATE%.log', datePattern: 'YYYY-MM-DD', maxFiles: '14d', zippedArchive: true
})
export const log = winston.createLogger({
  level: process.env.LOG_LEVEL || 'info',
  format: combine(errors({ stack: true }), splat(), timestamp(), json()),
  transports: [file, new winston.transports.Console({ format: combine(colorize(), simple()) })]
})
