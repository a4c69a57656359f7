"""records of conversations that the office may fetch

On PostgreSQL a conversation is opened to the two people of the office who agreed, for reading, while the transaction
names the row that says so (gradebook/actor.py).

Revision ID: 0027
Revises: 0026
Create Date: 2026-11-22

"""
from alembic import op
import sqlalchemy as sa


revision = '0027'
down_revision = '0026'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')

OPENED = """
CREATE FUNCTION gradebook_record_opened() RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
DECLARE
  named bigint := nullif(current_setting('gradebook.record', true), '')::bigint;
  moment timestamptz := coalesce(nullif(current_setting('gradebook.moment', true), '')::timestamptz, now());
BEGIN
  IF named IS NULL THEN
    RETURN NULL;
  END IF;
  RETURN (
    SELECT e.conversation_id
    FROM record_exports e
    JOIN schools s ON s.id = e.school_id
    JOIN roles r ON r.school_id = e.school_id AND r.user_id = gradebook_actor() AND r.kind = 'office'
    WHERE e.id = named AND gradebook_actor() IN (e.asked_by, e.approved_by)
      AND e.approved_at <= moment AND e.ends_at > moment
      AND r.begins_on <= (moment AT TIME ZONE s.timezone)::date
      AND (r.ends_on IS NULL OR r.ends_on > (moment AT TIME ZONE s.timezone)::date));
END
$$
"""
READ = '(SELECT gradebook_record_opened())'
KEYS = {
    'conversations': 'id',
    'participants': 'conversation_id',
    'messages': 'conversation_id',
    'message_texts': 'conversation_id',
    'reads': 'conversation_id',
    'attachments': 'conversation_id',
    'attachment_contents': 'conversation_id',
}


def upgrade():
    op.create_table('record_exports',
    sa.Column('school_id', ID, nullable=False),
    sa.Column('conversation_id', ID, nullable=False),
    sa.Column('approval_id', ID, nullable=False),
    sa.Column('asked_by', ID, nullable=False),
    sa.Column('approved_by', ID, nullable=False),
    sa.Column('approved_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('public_id', sa.String(length=12), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.CheckConstraint('approved_by != asked_by', name=op.f('ck_record_exports_second_person')),
    sa.ForeignKeyConstraint(['approval_id'], ['approvals.id'], name=op.f('fk_record_exports_approval_id')),
    sa.ForeignKeyConstraint(['approved_by'], ['users.id'], name=op.f('fk_record_exports_approved_by')),
    sa.ForeignKeyConstraint(['asked_by'], ['users.id'], name=op.f('fk_record_exports_asked_by')),
    sa.ForeignKeyConstraint(['conversation_id', 'school_id'], ['conversations.id', 'conversations.school_id'], name=op.f('fk_record_exports_conversation_id_school_id')),
    sa.ForeignKeyConstraint(['school_id'], ['schools.id'], name=op.f('fk_record_exports_school_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_record_exports')),
    sa.UniqueConstraint('approval_id', name=op.f('uq_record_exports_approval_id')),
    sa.UniqueConstraint('public_id', name=op.f('uq_record_exports_public_id'))
    )
    op.create_index('ix_record_exports_school_id', 'record_exports', ['school_id'])
    if op.get_context().dialect.name != 'postgresql':
        return
    schema = op.get_bind().exec_driver_sql('SELECT quote_ident(current_schema())').scalar()
    op.execute(OPENED.replace('{schema}', schema))
    for table, key in KEYS.items():
        op.execute(f'CREATE POLICY records ON {table} FOR SELECT USING ({key} = {READ})')


def downgrade():
    if op.get_context().dialect.name == 'postgresql':
        for table in KEYS:
            op.execute(f'DROP POLICY records ON {table}')
        op.execute('DROP FUNCTION gradebook_record_opened()')
    op.drop_table('record_exports')
