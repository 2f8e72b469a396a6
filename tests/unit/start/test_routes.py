"""Routes in source code, for the habits of several frameworks."""

import time

import pytest

from ci_slim.start import Repository
from ci_slim.start.routes import asks, routes


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("a.py", '@app.route("/x")\ndef x(): ...\n', ("GET /x",)),
        ("a.py", "  @router.post('/x/{id}')\n", ("POST /x/{id}",)),
        ("a.js", "app.get('/x', f); router.delete(`/y/:id`, f)", ("GET /x", "DELETE /y/:id")),
        ("a.go", 'http.HandleFunc("/x", f)\nr.POST("/y", f)\n', ("GET /x", "POST /y")),
        ("a.py", '@app.route("/x", methods=["POST"])\n@get("/y")\n', ("POST /x", "GET /y")),
        (
            "a.go",
            'mux.HandleFunc("POST /x/{id}", f)\nm.HandleFunc("GET /{$}", f)\n',
            ("POST /x/{id}", "GET /"),
        ),
        ("a.go", 'r.Get("/x", f)\nr.Post("/y", f)\n', ("GET /x", "POST /y")),
        ("a.pl", "get '/x' => sub ($c) {\npost '/y' => 'y';\n", ("GET /x", "POST /y")),
        ("a.php", "$app->get('/x', f);\nRoute::post('/y', f);\n", ("GET /x", "POST /y")),
        ("a.rb", "get '/x' do\nend\nput(\"/y\") {\n", ("GET /x", "PUT /y")),
        ("A.java", '@GetMapping("/x")\n@Path("/y")\n', ("GET /x", "GET /y")),
        ("a.py", 'requests.get("/x")\nopen("/etc/passwd")\n', ()),
        ("tests/a.py", '@app.route("/x")\n', ()),
        ("a.txt", '@app.route("/x")\n', ()),
    ],
)
def test_a_route_is_found_with_its_method(path: str, text: str, found: tuple[str, ...]) -> None:
    read = routes(Repository("x", frozenset({path}), {path: text}), ".")
    assert tuple(f"{each.method} {each.path}" for each in read) == found


@pytest.mark.parametrize(
    ("path", "route", "is_asked"),
    [
        ("/x?a=1", "/x", True),
        ("/x/7", "/x/{id}", True),
        ("/x/7", "/x/<int:id>", True),
        ("/x/7", "/x/:id", True),
        ("/x/7/y", "/x/:id", False),
        ("/x.y", "/x_y", False),
    ],
)
def test_parameters_take_anything(path: str, route: str, is_asked: bool) -> None:
    assert asks(path, route) is is_asked


@pytest.mark.parametrize(
    "text",
    ["\n" * 60_000, "get '/x'" + " " * 60_000, "@app.route('/x', methods =" + " " * 60_000 + "x"],
)
def test_blank_text_takes_no_long_time(text: str) -> None:
    began = time.process_time()
    routes(Repository("x", frozenset({"a.py"}), {"a.py": text}), ".")
    assert time.process_time() - began < 2
