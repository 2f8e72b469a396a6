from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema, ValidationError, fields, post_load, validate


class AnimalSchema(Schema):
    tag = fields.Str(required=True, validate=validate.Regexp(r"^[A-Z]{2}-\d{4}$"))
    name = fields.Str(required=True, validate=validate.Length(min=1, max=40))
    born = fields.Date(required=True)
    mother = fields.Str(load_default=None, allow_none=True)
    mail = fields.Email(load_only=True)

    @post_load
    def tidy(self, data, **_):
        data.pop("mail", None)
        return {**data, "name": data["name"].strip()}


def described():
    spec = APISpec("Herd", "2.1.0", "3.0.3", plugins=[MarshmallowPlugin()])
    spec.components.schema("Animal", schema=AnimalSchema)
    spec.path("/animals", operations={"post": {"requestBody": {"content": {"application/json": {"schema": "Animal"}}}, "responses": {"201": {"description": "stored"}}}})
    return spec


__all__ = ["AnimalSchema", "ValidationError", "described"]
