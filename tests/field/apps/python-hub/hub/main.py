"""Messages come in, and the handler with the given name answers."""

from importlib.metadata import entry_points

from fastapi import FastAPI, Form, HTTPException, Request
from fastapi.templating import Jinja2Templates
from pydantic import BaseModel, Field

app = FastAPI(title="hub")
pages = Jinja2Templates(directory="templates")


class Message(BaseModel):
    text: str
    times: int = Field(default=1, ge=1, le=9)


def handler(name: str):
    for found in entry_points(group="hub.handlers", name=name):
        return found.load()
    raise HTTPException(404, f"no handler {name}")


@app.get("/")
async def index():
    return {"handlers": sorted(found.name for found in entry_points(group="hub.handlers"))}


@app.post("/run/{name}")
async def run(name: str, message: Message):
    return {"answer": handler(name)(message.text) * message.times}


@app.get("/page")
async def page(request: Request):
    return pages.TemplateResponse(request, "page.html", {"names": ["json", "yaml"]})


@app.post("/form")
async def form(text: str = Form()):
    return {"length": len(text)}
