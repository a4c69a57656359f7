"""how long what is written is kept, and holds that stop deleting it

On PostgreSQL the sweep sees and empties what is older than a year of the school that the transaction names
(gradebook/actor.py), and nothing else: it can empty a message, not change it.

Revision ID: 0031
Revises: 0030
Create Date: 2026-11-22

"""
from alembic import op
import sqlalchemy as sa


revision = '0031'
down_revision = '0030'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
CLASS = sa.Enum('drafts', 'files', 'messages', 'notices', 'reads', name='record_class', native_enum=False, create_constraint=True, length=20)

SCHOOL = """
CREATE FUNCTION gradebook_retaining() RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT nullif(current_setting('gradebook.retaining', true), '')::bigint
$$
"""
# No rule keeps anything for less than the rest of its year and another one.
OLD = """
CREATE FUNCTION gradebook_old() RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT coalesce(nullif(current_setting('gradebook.moment', true), '')::timestamptz, now()) - interval '1 year'
$$
"""
OURS = 'school_id = (SELECT gradebook_retaining())'
OLDER = '< (SELECT gradebook_old())'
OF_MESSAGE = f'EXISTS (SELECT FROM messages m WHERE m.school_id = attachments.school_id AND m.conversation_id = attachments.conversation_id AND m.seq = attachments.seq AND m.sent_at {OLDER})'
OF_FILE = f'(SELECT gradebook_retaining()) IS NOT NULL AND EXISTS (SELECT FROM attachments a WHERE a.id = attachment_id AND a.{OURS} AND EXISTS (SELECT FROM messages m WHERE m.school_id = a.school_id AND m.conversation_id = a.conversation_id AND m.seq = a.seq AND m.sent_at {OLDER}))'
POLICIES = (
    ('conversations', 'SELECT', OURS, None),
    ('participants', 'SELECT', OURS, None),
    ('messages', 'SELECT', f'{OURS} AND sent_at {OLDER}', None),
    ('messages', 'UPDATE', f'{OURS} AND sent_at {OLDER}', f"{OURS} AND body = '' AND folded = '' AND purged_at IS NOT NULL"),
    ('message_texts', 'SELECT', f'{OURS} AND written_at {OLDER}', None),
    ('message_texts', 'DELETE', f'{OURS} AND written_at {OLDER}', None),
    ('attachments', 'SELECT', f'{OURS} AND {OF_MESSAGE}', None),
    ('attachments', 'UPDATE', f'{OURS} AND {OF_MESSAGE}', f'{OURS} AND purged_at IS NOT NULL'),
    ('attachment_contents', 'SELECT', OF_FILE, None),
    ('attachment_contents', 'DELETE', OF_FILE, None),
    ('drafts', 'SELECT', f'{OURS} AND saved_at {OLDER}', None),
    ('drafts', 'DELETE', f'{OURS} AND saved_at {OLDER}', None),
    ('reads', 'SELECT', f'{OURS} AND read_at {OLDER}', None),
    ('reads', 'DELETE', f'{OURS} AND read_at {OLDER}', None),
)


def upgrade():
    op.create_table('retention_rules',
    sa.Column('school_id', ID, nullable=False),
    sa.Column('record_class', CLASS, nullable=False),
    sa.Column('years', sa.Integer(), nullable=False),
    sa.CheckConstraint('years BETWEEN 1 AND 99', name=op.f('ck_retention_rules_years_in_bounds')),
    sa.ForeignKeyConstraint(['school_id'], ['schools.id'], name=op.f('fk_retention_rules_school_id')),
    sa.PrimaryKeyConstraint('school_id', 'record_class', name=op.f('pk_retention_rules'))
    )
    op.create_table('legal_holds',
    sa.Column('school_id', ID, nullable=False),
    sa.Column('person_id', ID, nullable=False),
    sa.Column('conversation_id', ID, nullable=True),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('placed_by', ID, nullable=False),
    sa.Column('placed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.Column('lifted_by', ID, nullable=True),
    sa.Column('lifted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('public_id', sa.String(length=12), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.CheckConstraint('(lifted_at IS NULL) = (lifted_by IS NULL)', name=op.f('ck_legal_holds_lifted_by_someone')),
    sa.ForeignKeyConstraint(['conversation_id', 'school_id'], ['conversations.id', 'conversations.school_id'], name=op.f('fk_legal_holds_conversation_id_school_id')),
    sa.ForeignKeyConstraint(['lifted_by'], ['users.id'], name=op.f('fk_legal_holds_lifted_by')),
    sa.ForeignKeyConstraint(['person_id'], ['users.id'], name=op.f('fk_legal_holds_person_id')),
    sa.ForeignKeyConstraint(['placed_by'], ['users.id'], name=op.f('fk_legal_holds_placed_by')),
    sa.ForeignKeyConstraint(['school_id'], ['schools.id'], name=op.f('fk_legal_holds_school_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_legal_holds')),
    sa.UniqueConstraint('public_id', name=op.f('uq_legal_holds_public_id'))
    )
    op.create_index('ix_legal_holds_school_id', 'legal_holds', ['school_id'])
    op.add_column('messages', sa.Column('purged_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('messages', sa.Column('purge_rule', sa.String(length=40), nullable=True))
    op.add_column('attachments', sa.Column('purged_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('attachments', sa.Column('purge_rule', sa.String(length=40), nullable=True))
    if op.get_context().dialect.name != 'postgresql':
        return
    op.execute(SCHOOL)
    op.execute(OLD)
    for table, command, there, written in POLICIES:
        rule = f' USING ({there})' + (f' WITH CHECK ({written})' if written else '')
        op.execute(f'CREATE POLICY retention_{command.lower()} ON {table} FOR {command}{rule}')


def downgrade():
    if op.get_context().dialect.name == 'postgresql':
        for table, command, _, _ in POLICIES:
            op.execute(f'DROP POLICY retention_{command.lower()} ON {table}')
        op.execute('DROP FUNCTION gradebook_old()')
        op.execute('DROP FUNCTION gradebook_retaining()')
    for table in ('attachments', 'messages'):
        op.drop_column(table, 'purge_rule')
        op.drop_column(table, 'purged_at')
    op.drop_table('legal_holds')
    op.drop_table('retention_rules')
