"""files wait until a scanner has found them clean

On PostgreSQL the job that asks the scanner sees which files wait, the bytes of the one that it names (gradebook/actor.py),
and what says that it is settled: its message and its conversation. It can settle a file once, and delete its bytes.

Revision ID: 0039
Revises: 0038
Create Date: 2026-11-22

"""
from alembic import op
import sqlalchemy as sa


revision = '0039'
down_revision = '0038'
branch_labels = None
depends_on = None

STATES = ('unscanned', 'waiting', 'clean', 'found')
WAITING = sa.text("scan = 'waiting'")

SCANNING = """
CREATE FUNCTION gradebook_scanning() RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT nullif(current_setting('gradebook.scanning', true), '')::bigint
$$
"""
# Its conversation and the number of its message.
PLACE = """
CREATE FUNCTION gradebook_scanned() RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
BEGIN
  IF gradebook_scanning() IS NULL THEN
    RETURN NULL;
  END IF;
  RETURN (
    SELECT ARRAY[a.conversation_id, a.seq] FROM attachments a
    WHERE a.id = gradebook_scanning() AND a.scan <> 'unscanned'
  );
END
$$
"""
THE_ONE = '(SELECT gradebook_scanning())'
TALK = '(SELECT (gradebook_scanned())[1])'
OF_TALK = f'conversation_id = {TALK}'
MESSAGE = f'{OF_TALK} AND seq = (SELECT (gradebook_scanned())[2])'
WAITS = f"attachment_id = {THE_ONE} AND EXISTS (SELECT FROM attachments a WHERE a.id = attachment_id AND a.scan = 'waiting')"
POLICIES = (
    ('conversations', 'SELECT', f'id = {TALK}', None),
    ('conversations', 'UPDATE', f'id = {TALK}', f'id = {TALK}'),
    ('participants', 'SELECT', OF_TALK, None),
    ('messages', 'SELECT', MESSAGE, None),
    ('messages', 'UPDATE', MESSAGE, MESSAGE),
    ('attachments', 'SELECT', f"{THE_ONE} IS NOT NULL AND (scan = 'waiting' OR id = {THE_ONE})", None),
    ('attachments', 'UPDATE', f"id = {THE_ONE} AND scan = 'waiting'", f"id = {THE_ONE} AND scan IN ('clean', 'found')"),
    ('attachment_contents', 'SELECT', WAITS, None),
    ('attachment_contents', 'DELETE', WAITS, None),
)


def upgrade():
    with op.batch_alter_table('attachments') as batch:
        batch.add_column(sa.Column('scan', sa.String(length=20), nullable=False, server_default='unscanned'))
        batch.create_check_constraint(op.f('ck_attachments_scan'), sa.column('scan').in_(STATES))
    with op.batch_alter_table('attachments') as batch:
        batch.alter_column('scan', existing_type=sa.String(length=20), server_default=None)
    op.create_index('ix_attachments_waiting', 'attachments', ['id'], sqlite_where=WAITING, postgresql_where=WAITING)
    if op.get_context().dialect.name != 'postgresql':
        return
    schema = op.get_bind().exec_driver_sql('SELECT quote_ident(current_schema())').scalar()
    for function in (SCANNING, PLACE):
        op.execute(function.replace('{schema}', schema))
    for table, command, there, written in POLICIES:
        rule = f' USING ({there})' + (f' WITH CHECK ({written})' if written else '')
        op.execute(f'CREATE POLICY scanning_{command.lower()} ON {table} FOR {command}{rule}')


def downgrade():
    held = sa.text("SELECT 1 FROM attachments WHERE scan = 'waiting' OR (scan = 'found' AND purged_at IS NULL) LIMIT 1")
    if op.get_bind().execute(held).scalar():
        raise RuntimeError('There are files that the scanner holds back, which the schema before would give out.')
    if op.get_context().dialect.name == 'postgresql':
        for table, command, _, _ in POLICIES:
            op.execute(f'DROP POLICY scanning_{command.lower()} ON {table}')
        op.execute('DROP FUNCTION gradebook_scanned()')
        op.execute('DROP FUNCTION gradebook_scanning()')
    op.drop_index('ix_attachments_waiting', 'attachments')
    with op.batch_alter_table('attachments') as batch:
        batch.drop_constraint(op.f('ck_attachments_scan'), type_='check')
        batch.drop_column('scan')
