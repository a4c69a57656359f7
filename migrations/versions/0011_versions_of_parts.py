"""classes know when what they are made of was written

Triggers, because they see every write: of this program, of its commands, and of whoever works on the database by hand.
SQLite drops a table's triggers with the table: a later step that copies one of these tables has to make them again
(tests/services/test_remembered_parts.py looks).

Revision ID: 0011
Revises: 0010
Create Date: 2026-11-21

"""
from alembic import op
import sqlalchemy as sa


revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

PARTS = ('assignments', 'categories')
DRAWN = {'sqlite': 'random()', 'postgresql': '(random() * 9007199254740991)::bigint'}
OF_PERIOD = 'SELECT section_id FROM assignments WHERE grading_period_id = NEW.id'

ON_SQLITE = """
    CREATE TRIGGER {table}_{event} AFTER {event} ON {table} BEGIN
        UPDATE sections SET parts_version = random() WHERE id = {row}.section_id;
    END
"""
OF_PERIODS_ON_SQLITE = f"""
    CREATE TRIGGER academic_sessions_update AFTER UPDATE OF public_id, title, begins_on, ends_on ON academic_sessions
    BEGIN
        UPDATE sections SET parts_version = random() WHERE id IN ({OF_PERIOD});
    END
"""

# One for a statement, however many rows it writes.
FUNCTIONS_ON_POSTGRESQL = (
    f"""
    CREATE FUNCTION draw_parts_version() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        UPDATE sections SET parts_version = {DRAWN['postgresql']} WHERE id IN (SELECT section_id FROM written);
        RETURN NULL;
    END $$
    """,
    f"""
    CREATE FUNCTION draw_parts_version_of_period() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        UPDATE sections SET parts_version = {DRAWN['postgresql']} WHERE id IN ({OF_PERIOD});
        RETURN NULL;
    END $$
    """,
)
ON_POSTGRESQL = """
    CREATE TRIGGER {table}_{event} AFTER {event} ON {table} REFERENCING {row} TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION draw_parts_version()
"""
OF_PERIODS_ON_POSTGRESQL = """
    CREATE TRIGGER academic_sessions_update AFTER UPDATE OF public_id, title, begins_on, ends_on ON academic_sessions
    FOR EACH ROW EXECUTE FUNCTION draw_parts_version_of_period()
"""


def upgrade():
    kind = op.get_bind().dialect.name
    op.add_column('sections', sa.Column('parts_version', sa.BigInteger(), server_default='0', nullable=False))
    op.execute(f'UPDATE sections SET parts_version = {DRAWN[kind]}')
    if kind == 'postgresql':
        for function in FUNCTIONS_ON_POSTGRESQL:
            op.execute(function)
    for table in PARTS:
        for event in ('insert', 'update', 'delete'):
            trigger = ON_SQLITE if kind == 'sqlite' else ON_POSTGRESQL
            op.execute(trigger.format(table=table, event=event, row='OLD' if event == 'delete' else 'NEW'))
    op.execute(OF_PERIODS_ON_SQLITE if kind == 'sqlite' else OF_PERIODS_ON_POSTGRESQL)


def downgrade():
    kind = op.get_bind().dialect.name
    for table, event in [(table, event) for table in PARTS for event in ('insert', 'update', 'delete')]:
        op.execute(f'DROP TRIGGER {table}_{event}' + (f' ON {table}' if kind == 'postgresql' else ''))
    op.execute('DROP TRIGGER academic_sessions_update' + (' ON academic_sessions' if kind == 'postgresql' else ''))
    if kind == 'postgresql':
        op.execute('DROP FUNCTION draw_parts_version()')
        op.execute('DROP FUNCTION draw_parts_version_of_period()')
    op.drop_column('sections', 'parts_version')
