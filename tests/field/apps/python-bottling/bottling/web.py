"""The pages and calls of the bottling line."""

import asyncio

import jsonschema
import msgspec
import pendulum
import svgwrite
from ariadne import EnumType, MutationType, QueryType, ScalarType, gql, graphql, make_executable_schema
from ariadne.explorer import ExplorerGraphiQL
from cachetools import TTLCache, cached
from quart import Quart, Response, abort, jsonify, make_response, render_template, request, stream_with_context, websocket
from uncertainties import ufloat

from . import line as lines
from . import recipes
from .store import Batch, Store

app = Quart(__name__)
store = Store.__new__(Store)
line = lines.Line()
WIRES = {
    "application/json": (msgspec.json.encode, msgspec.json.decode),
    "application/msgpack": (msgspec.msgpack.encode, msgspec.msgpack.decode),
    "application/yaml": (msgspec.yaml.encode, msgspec.yaml.decode),
    "application/toml": (msgspec.toml.encode, msgspec.toml.decode),
}
SETTINGS = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["host", "speed"],
    "properties": {"host": {"type": "string", "format": "ipv4"}, "speed": {"type": "number", "exclusiveMinimum": 0}, "since": {"type": "string", "format": "date"}},
    "unevaluatedProperties": False,
}


@app.before_serving
async def opened():
    Store.__init__(store)


@app.after_serving
async def closed():
    store.db.close()


@app.template_filter("when")
def when(moment, locale="en"):
    return pendulum.parse(moment).in_timezone("Europe/Paris").format("dddd D MMMM YYYY HH:mm", locale=locale)


def wire(body, status=200):
    kind = request.accept_mimetypes.best_match(list(WIRES), default="application/json")
    return Response(WIRES[kind][0](body), status, content_type=kind)


@app.errorhandler(msgspec.ValidationError)
@app.errorhandler(msgspec.DecodeError)
@app.errorhandler(ValueError)
async def invalid(error):
    return {"error": str(error)}, 422


@app.errorhandler(RuntimeError)
async def conflict(error):
    return {"error": str(error)}, 409


@app.errorhandler(404)
async def missing(error):
    return await render_template("missing.html", path=request.path), 404


@app.get("/health")
async def health():
    return {"state": line.state, "batches": len(store.batches)}


@app.get("/")
async def front():
    lang = request.accept_languages.best_match(["en", "fr", "pl"], "en")
    return await render_template("front.html", recipes=recipes.known(), lang=lang, line=line)


@app.get("/batches")
async def batches():
    return wire({"batches": store.all(request.args.get("tank"))})


@app.post("/batches")
async def add():
    kind = request.mimetype if request.mimetype in WIRES else "application/json"
    batch = WIRES[kind][1](await request.get_data(), type=Batch)
    if batch.recipe not in recipes.known():
        raise ValueError(f"no recipe {batch.recipe}")
    return wire({"id": store.add(batch)}, 201)


@app.post("/batches/<int:number>/broken")
async def broken(number):
    return wire(store.broken(number) or abort(404))


@app.get("/batches/<int:number>.svg")
async def label(number):
    batch = store.get(number) or abort(404)
    drawing = svgwrite.Drawing(size=("80mm", "50mm"), profile=request.args.get("profile", "full"), viewBox="0 0 80 50")
    drawing.add(drawing.rect((1, 1), (78, 48), rx=3, fill="none", stroke="navy"))
    drawing.add(drawing.text(batch["recipe"].title(), insert=(5, 15), font_size=9))
    drawing.add(drawing.text(f"L{number:05d}", insert=(5, 30), font_size=7, **({"colour": "red"} if "bad" in request.args else {})))
    return Response(drawing.tostring(), content_type="image/svg+xml")


@app.get("/batches/schema")
async def schema():
    return msgspec.json.schema(Batch)


@app.post("/line/<what>")
async def move(what):
    if what not in {one["trigger"] for one in lines.TRANSITIONS}:
        abort(404)
    return {"state": line.do(what), "bottles": line.bottles}


@app.get("/line/diagram")
async def diagram():
    return Response(lines.diagram(), content_type="text/plain")


@cached(TTLCache(maxsize=32, ttl=3600), info=True)
def forecast(name, minutes, fillers):
    return lines.simulate(recipes.known()[name], minutes, fillers)


@app.get("/forecast/<name>")
async def foretold(name):
    if name not in recipes.known():
        abort(404)
    count = await asyncio.to_thread(forecast, name, request.args.get("minutes", 60, int), request.args.get("fillers", 2, int))
    return {"bottles": count, "hits": forecast.cache_info().hits}


@app.post("/recipes")
async def parsed():
    text = (await request.get_data()).decode()
    if request.args.get("as") == "tree":
        return Response(recipes.tree(text), content_type="text/plain")
    recipe = recipes.parse(text)
    fills = [step for step in recipe.steps if step["step"] == "fill"]
    volume = sum((ufloat(step["ml"], step["spread"]) for step in fills), ufloat(0, 0))
    return wire({"name": recipe.name, "steps": recipe.steps, "volume": f"{volume / 10:.1uP} cl"})


@app.post("/settings")
async def settings():
    checker = jsonschema.Draft202012Validator(SETTINGS, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    errors = sorted(checker.iter_errors(await request.get_json()), key=lambda one: list(map(str, one.path)))
    return {"valid": not errors, "errors": [f"{one.json_path}: {one.message}" for one in errors]}, 400 if errors else 200


@app.get("/until")
async def until():
    first, last = pendulum.parse(request.args["from"]), pendulum.parse(request.args["to"])
    lang = request.args.get("lang", "en")
    span = last - first
    return {"words": span.in_words(locale=lang), "human": last.diff_for_humans(first, locale=lang), "weekdays": sum(day.day_of_week < 5 for day in span.range("days"))}


@app.get("/events")
async def events():
    @stream_with_context
    async def send():
        for number in range(int(request.args.get("count", 3))):
            yield f"event: tick\ndata: {number} {line.state}\n\n".encode()
            await asyncio.sleep(0.05)

    return await make_response(send(), 200, {"Content-Type": "text/event-stream"})


@app.post("/upload")
async def upload():
    files = await request.files
    return {name: recipes.parse(one.read().decode()).name for name, one in files.items()}


@app.websocket("/ws")
async def talk():
    while True:
        word = await websocket.receive()
        try:
            await websocket.send_json({"state": line.do(word), "bottles": line.bottles})
        except RuntimeError as error:
            await websocket.send_json({"error": str(error)})


types = gql("""
scalar Moment
enum Tank { NORTH SOUTH }
type Batch { id: Int! recipe: String! bottles: Int! tank: Tank! bestBefore: Moment }
type Query { batches(tank: Tank): [Batch!]! now(zone: String!): Moment! }
type Mutation { addBatch(recipe: String!, bottles: Int!, tank: Tank = SOUTH): Int! }
""")
query, mutation, moment = QueryType(), MutationType(), ScalarType("Moment")
moment.set_serializer(lambda value: str(pendulum.parse(str(value)).date()) if "T" not in str(value) else pendulum.parse(str(value)).to_rfc1123_string())
query.set_field("batches", lambda _, info, tank=None: store.all(tank))
query.set_field("now", lambda _, info, zone: pendulum.datetime(2026, 12, 4, 12).in_timezone(zone).to_iso8601_string())
mutation.set_field("addBatch", lambda _, info, recipe, bottles, tank: store.add(msgspec.convert({"recipe": recipe, "bottles": bottles, "tank": tank}, Batch)))
graph = make_executable_schema(types, query, mutation, moment, EnumType("Tank", {"NORTH": "north", "SOUTH": "south"}), convert_names_case=True)


@app.get("/graphql")
async def explorer():
    return ExplorerGraphiQL(title="Bottling").html(None)


@app.post("/graphql")
async def asked():
    good, result = await graphql(graph, await request.get_json(), context_value=request, debug="debug" in request.args)
    return jsonify(result), 200 if good else 400
