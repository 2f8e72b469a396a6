from flask import Flask, render_template, request
from flask_babel import Babel

from stock.models import Item, db, migrate


def create_app():
    app = Flask(__name__)
    app.config.update(SQLALCHEMY_DATABASE_URI="sqlite:////app/stock.db", SECRET_KEY="field", WTF_CSRF_ENABLED=False)
    db.init_app(app)
    migrate.init_app(app, db)
    Babel(app, locale_selector=lambda: request.args.get("lang") or request.accept_languages.best_match(["en", "fr", "de"]))

    from stock import admin, labels

    admin.init_app(app)
    app.register_blueprint(labels.bp)

    @app.get("/")
    def index():
        return render_template("index.html", items=Item.query.all())

    @app.get("/api/items")
    def items():
        return [{"name": item.name, "count": item.count} for item in Item.query.order_by(Item.name)]

    @app.errorhandler(404)
    def missing(error):
        return render_template("missing.html", error=error), 404

    @app.cli.command("seed")
    def seed():
        """Fill the shelves."""
        db.session.add_all([Item(name="assam", count=4), Item(name="ceylon", count=2)])
        db.session.commit()

    return app
