"""alembic's entry: runs the revisions on the connection that jobs.migrations.upgrade hands over."""

from alembic import context
from sqlmodel import SQLModel

import jobs.models  # noqa: F401  (its tables are the metadata)

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    compare_type=True,
)
context.run_migrations()
