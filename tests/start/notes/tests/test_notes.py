from notes import create_app


def test_about():
    assert b"Markdown" in create_app().test_client().get("/about").data
