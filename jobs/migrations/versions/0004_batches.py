"""Several jobs are made as one, on one bed"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

OPEN = sa.text("state IN ('rendering', 'gathering')")


def upgrade() -> None:
    with op.batch_alter_table("jobs") as batch:
        batch.alter_column("operation_id", existing_type=sa.String(), nullable=True)
        batch.alter_column("unit_id", existing_type=sa.String(), nullable=True)
        batch.add_column(sa.Column("batch", sa.String(), nullable=True))
        batch.add_column(sa.Column("place", sa.JSON(), nullable=True))
        batch.create_foreign_key("fk_jobs_batch_jobs", "jobs", ["batch"], ["id"])
        batch.create_index(batch.f("ix_jobs_batch"), ["batch"], unique=False)
        batch.create_index("ix_jobs_to_plan", ["seq"], unique=False, sqlite_where=OPEN, postgresql_where=OPEN)


def downgrade() -> None:
    jobs = sa.table("jobs", sa.column("operation_id"), sa.column("batch"), sa.column("state"))
    gathering = jobs.c.state.in_(("gathering", "batched"))
    op.execute(jobs.update().where(gathering).values(state="ready", batch=None))
    op.execute(jobs.delete().where(jobs.c.operation_id.is_(None)))
    with op.batch_alter_table("jobs") as batch:
        batch.drop_index("ix_jobs_to_plan")
        batch.drop_index(batch.f("ix_jobs_batch"))
        batch.drop_constraint("fk_jobs_batch_jobs", type_="foreignkey")
        batch.drop_column("place")
        batch.drop_column("batch")
        batch.alter_column("unit_id", existing_type=sa.String(), nullable=False)
        batch.alter_column("operation_id", existing_type=sa.String(), nullable=False)
