"""The Celery application: Redis as broker and result backend, with the settings BullMQ gives the application's jobs."""

import os

from celery import Celery

QUEUE = "celery"

celery = Celery("baseline", broker=os.environ["QUEUE_URL"], backend=os.environ["QUEUE_URL"])
celery.conf.update(
    # A job is handed out again when its worker dies, and its result is kept for a day: BullMQ does both.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    result_expires=24 * 3600,
    task_soft_time_limit=300,
    task_serializer="json",
    result_serializer="json",
    accept_content=["json"],
    broker_connection_retry_on_startup=True,
    worker_send_task_events=False,
)


@celery.task(name="stock.noop")
def noop() -> str:
    return "completed"
