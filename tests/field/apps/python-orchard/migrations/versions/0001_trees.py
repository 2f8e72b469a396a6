"""trees"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    trees = op.create_table(
        "tree",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("sort", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("planted", sa.Date, nullable=False),
    )
    op.bulk_insert(
        trees,
        [
            {"sort": "Gravensteiner", "kind": "apple", "planted": __import__("datetime").date(1998, 3, 14)},
            {"sort": "Williams", "kind": "pear", "planted": __import__("datetime").date(2004, 11, 2)},
        ],
    )


def downgrade():
    op.drop_table("tree")
