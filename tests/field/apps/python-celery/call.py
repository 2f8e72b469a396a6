"""Usage: call.py TASK [ARGUMENT…]. Sends a task and prints its result."""

import sys

from shop_tasks.app import app

arguments = [int(word) if word.isdigit() and len(word) < 9 else word for word in sys.argv[2:]]
print(app.send_task(f"shop_tasks.tasks.{sys.argv[1]}", arguments).get(timeout=40))
