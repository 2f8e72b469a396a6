"""harvests"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.create_table(
        "harvest",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tree_id", sa.Integer, sa.ForeignKey("tree.id"), nullable=False),
        sa.Column("kilos", sa.Numeric(8, 2), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
    )
    with op.batch_alter_table("tree") as table:
        table.add_column(sa.Column("note", sa.String, nullable=True))


def downgrade():
    with op.batch_alter_table("tree") as table:
        table.drop_column("note")
    op.drop_table("harvest")
