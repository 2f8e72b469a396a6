import flask

app = flask.Flask(__name__)


@app.get("/")
def index() -> str:
    return flask.render_template_string("<p>{{ name }}</p>", name="bench")


@app.get("/items/<int:number>")
def item(number: int) -> flask.Response:
    return flask.jsonify(number=number)
