"""An order's personal note may be a piece of its own, and an order says whose it is"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

NOTE = sa.text("is_note")


def upgrade() -> None:
    _filled("orders", "customer", sa.String(), "")
    _filled("line_items", "is_note", sa.Boolean(), False)
    op.create_index(op.f("ix_orders_customer"), "orders", ["customer"], unique=False)
    op.create_index(
        "ix_line_items_note", "line_items", ["order_id"], unique=True, sqlite_where=NOTE, postgresql_where=NOTE
    )


def _filled(table: str, name: str, kind: Any, value: Any) -> None:
    """Add a column that may not be empty: first as one that may, then filled, then closed."""
    with op.batch_alter_table(table) as batch:
        batch.add_column(sa.Column(name, kind, nullable=True))
    op.execute(sa.update(sa.table(table, sa.column(name, kind))).values({name: value}))
    with op.batch_alter_table(table) as batch:
        batch.alter_column(name, existing_type=kind, nullable=False)


def downgrade() -> None:
    op.drop_index("ix_line_items_note", "line_items")
    op.drop_index(op.f("ix_orders_customer"), "orders")
    with op.batch_alter_table("line_items") as batch:
        batch.drop_column("is_note")
    with op.batch_alter_table("orders") as batch:
        batch.drop_column("customer")
