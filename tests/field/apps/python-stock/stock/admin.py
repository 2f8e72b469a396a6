from flask_admin import Admin
from flask_admin.contrib.sqla import ModelView

from stock.models import Item, db


class ItemView(ModelView):
    can_export = True
    column_searchable_list = ["name"]
    column_filters = ["count"]


def init_app(app):
    admin = Admin(name="stock", template_mode="bootstrap4")
    admin.init_app(app)
    admin.add_view(ItemView(Item, db.session))
