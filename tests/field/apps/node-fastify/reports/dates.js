import { DateTime } from 'luxon'

export const renderReport = () => DateTime.fromISO('2026-05-04', { zone: 'Europe/Paris', locale: 'fr' }).toLocaleString(DateTime.DATE_HUGE)
