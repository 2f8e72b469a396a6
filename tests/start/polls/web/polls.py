import os

import redis
from bottle import HTTPResponse, default_app, request, route, run, template

store = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
store.ping()


@route("/")
def index():
    return template("poll", question=os.environ["POLL_QUESTION"], votes=store.hgetall("votes"))


@route("/vote", method="POST")
def vote():
    choice = request.forms.get("choice")
    if choice not in ("tea", "coffee"):
        return HTTPResponse("tea or coffee", 400)
    return {choice: store.hincrby("votes", choice, 1)}


@route("/results")
def results():
    return store.hgetall("votes")


run(app=default_app(), host="0.0.0.0", port=8000)
