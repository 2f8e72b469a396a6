from celery import Celery

app = Celery("shop", include=["shop_tasks.tasks"])
app.conf.update(
    broker_url="filesystem://",
    broker_transport_options={"data_folder_in": "/var/queue", "data_folder_out": "/var/queue", "control_folder": "/var/queue/control"},
    result_backend="file:///var/queue",
    beat_schedule={"tidy": {"task": "shop_tasks.tasks.tidy", "schedule": 3600.0}},
    beat_schedule_filename="/var/queue/beat",
)
