import arrow
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

scheduler = BackgroundScheduler(timezone="Europe/Madrid")
done = []


def milk(parlour):
    done.append((parlour, arrow.utcnow().isoformat()))


def begin():
    scheduler.add_job(milk, OrTrigger([CronTrigger(hour=6, minute=30), CronTrigger(hour=18)]), args=["east"], id="milking", replace_existing=True)
    scheduler.add_job(milk, IntervalTrigger(days=1), args=["west"], id="check")
    scheduler.start()


def next_times(text, count=3):
    trigger = CronTrigger.from_crontab(text, timezone="Europe/Madrid")
    now, times = arrow.get("2027-03-27T00:00", tzinfo="Europe/Madrid").datetime, []
    for _ in range(count):
        now = trigger.get_next_fire_time(times[-1] if times else None, now)
        times.append(now)
    return [one.isoformat() for one in times]
