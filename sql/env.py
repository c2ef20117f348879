"""How Alembic runs our migrations: on the connection that `farmdesk.db.migrate` gives."""

from alembic import context

from farmdesk.db.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
)
with context.begin_transaction():
    context.run_migrations()
