"""reported messages, and who of the office may read them

On PostgreSQL a report opens its message and the few around it to whoever has the duty: by policies of its own beside
those of 0023, from its row, as long as it is not settled. The setting gradebook.report says which is looked at.

Revision ID: 0025
Revises: 0024
Create Date: 2026-11-22

"""
from alembic import op
import sqlalchemy as sa


revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
ROLE = sa.Enum('office', 'parent', 'student', 'teacher', name='role_kind', native_enum=False, create_constraint=True, length=20)

# The duty that the person who acts has in the office of a school that day.
DUTY = """
CREATE FUNCTION gradebook_duty(school bigint) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT d.duty
  FROM oversight_duties d
  JOIN schools s ON s.id = d.school_id
  JOIN users u ON u.id = d.user_id AND u.deactivated_at IS NULL
  JOIN roles r ON r.user_id = d.user_id AND r.school_id = d.school_id AND r.kind = d.role_kind
  WHERE d.user_id = gradebook_actor() AND d.school_id = school
    AND r.begins_on <= (gradebook_moment() AT TIME ZONE s.timezone)::date
    AND (r.ends_on IS NULL OR r.ends_on > (gradebook_moment() AT TIME ZONE s.timezone)::date)
$$
"""

MOMENT = """
CREATE FUNCTION gradebook_moment() RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT coalesce(nullif(current_setting('gradebook.moment', true), '')::timestamptz, now())
$$
"""

# By any date: who was ever a guardian of the child or a teacher of the class does not look into its conversations.
IS_PARTY = """
CREATE FUNCTION gradebook_is_party(student bigint, section bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM guardianships g WHERE g.guardian_id = gradebook_actor() AND g.student_id = student)
    OR EXISTS (
      SELECT FROM enrollments e
      WHERE e.user_id = gradebook_actor() AND e.section_id = section AND e.role_kind = 'teacher')
$$
"""

MESSAGES_OPENED = """
CREATE FUNCTION gradebook_messages_opened() RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
DECLARE
  report bigint := nullif(current_setting('gradebook.report', true), '')::bigint;
BEGIN
  IF report IS NULL THEN
    RETURN '{}';
  END IF;
  RETURN ARRAY(
    SELECT m.id
    FROM message_reports r
    JOIN messages m ON m.school_id = r.school_id AND m.conversation_id = r.conversation_id
    WHERE r.id = report AND r.settled_at IS NULL
      AND m.seq BETWEEN r.seq - 3 AND r.seq + 3 AND (m.seq = r.seq OR m.sent_at <= r.reported_at)
      AND gradebook_duty(r.school_id) = 'reviewer' AND NOT gradebook_is_party(r.student_id, r.section_id));
END
$$
"""

CONVERSATIONS_OPENED = """
CREATE FUNCTION gradebook_conversations_opened() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
  SELECT ARRAY(SELECT DISTINCT conversation_id FROM messages WHERE id = ANY (gradebook_messages_opened()))
$$
"""

FUNCTIONS = (MOMENT, DUTY, IS_PARTY, MESSAGES_OPENED, CONVERSATIONS_OPENED)
NAMES = (
    'gradebook_conversations_opened()',
    'gradebook_messages_opened()',
    'gradebook_is_party(bigint, bigint)',
    'gradebook_duty(bigint)',
    'gradebook_moment()',
)

CONVERSATIONS = 'IN (SELECT unnest((SELECT gradebook_conversations_opened())::bigint[]))'
MESSAGES = 'IN (SELECT unnest((SELECT gradebook_messages_opened())::bigint[]))'
OPENED = (
    ('conversations', f'id {CONVERSATIONS}'),
    ('participants', f'conversation_id {CONVERSATIONS}'),
    ('messages', f'id {MESSAGES}'),
    ('message_texts', f'message_id {MESSAGES}'),
    ('attachments', f'conversation_id {CONVERSATIONS} AND EXISTS (SELECT FROM messages m WHERE m.school_id = attachments.school_id AND m.conversation_id = attachments.conversation_id AND m.seq = attachments.seq AND m.id {MESSAGES})'),
    ('attachment_contents', f'conversation_id {CONVERSATIONS} AND EXISTS (SELECT FROM attachments a WHERE a.id = attachment_id)'),
)

ME = '(SELECT gradebook_actor())'
IS_LOOKED_AT = "gradebook_duty(school_id) = 'reviewer' AND NOT gradebook_is_party(student_id, section_id)"
READ = 'IN (SELECT unnest((SELECT gradebook_conversations(false))::bigint[]))'
REPORTS = (
    ('SELECT', f'USING (reporter_id = {ME} OR ({IS_LOOKED_AT}))'),
    ('INSERT', f'WITH CHECK (reporter_id = {ME} AND conversation_id {READ} AND settled_at IS NULL AND taken_at IS NULL)'),
    ('UPDATE', f'USING ({IS_LOOKED_AT}) WITH CHECK ({IS_LOOKED_AT})'),
)


def upgrade():
    op.create_table('oversight_duties',
    sa.Column('user_id', ID, autoincrement=False, nullable=False),
    sa.Column('school_id', ID, autoincrement=False, nullable=False),
    sa.Column('role_kind', ROLE, nullable=False),
    sa.Column('duty', sa.Enum('reviewer', 'supervisor', name='duty', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('given_by', ID, nullable=False),
    sa.Column('given_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("role_kind = 'office'", name=op.f('ck_oversight_duties_of_the_office')),
    sa.ForeignKeyConstraint(['given_by'], ['users.id'], name=op.f('fk_oversight_duties_given_by')),
    sa.ForeignKeyConstraint(['user_id', 'school_id', 'role_kind'], ['roles.user_id', 'roles.school_id', 'roles.kind'], name=op.f('fk_oversight_duties_user_id_school_id_role_kind')),
    sa.PrimaryKeyConstraint('user_id', 'school_id', name=op.f('pk_oversight_duties'))
    )
    op.create_table('message_reports',
    sa.Column('id', ID, nullable=False),
    sa.Column('public_id', sa.String(length=12), nullable=False),
    sa.Column('school_id', ID, nullable=False),
    sa.Column('conversation_id', ID, nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('student_id', ID, nullable=False),
    sa.Column('section_id', ID, nullable=False),
    sa.Column('author_id', ID, nullable=False),
    sa.Column('reporter_id', ID, nullable=False),
    sa.Column('reason', sa.Enum('hurtful', 'private', 'safety', 'wrong', 'other', name='reason', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('reported_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('taken_by', ID, nullable=True),
    sa.Column('taken_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('settled_by', ID, nullable=True),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('outcome', sa.Enum('nothing', 'talked', 'writing', 'passed_on', 'other', name='outcome', native_enum=False, create_constraint=True, length=20), nullable=True),
    sa.Column('done', sa.Text(), nullable=True),
    sa.CheckConstraint('(settled_at IS NULL) = (outcome IS NULL)', name=op.f('ck_message_reports_settled_with_an_outcome')),
    *(
        sa.ForeignKeyConstraint([name], [target], name=op.f(f'fk_message_reports_{name}'))
        for name, target in (
            ('student_id', 'users.id'), ('section_id', 'sections.id'), ('author_id', 'users.id'),
            ('reporter_id', 'users.id'), ('taken_by', 'users.id'), ('settled_by', 'users.id'),
        )
    ),
    sa.ForeignKeyConstraint(['school_id', 'conversation_id', 'seq'], ['messages.school_id', 'messages.conversation_id', 'messages.seq'], name=op.f('fk_message_reports_school_id_conversation_id_seq')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message_reports')),
    sa.UniqueConstraint('public_id', name=op.f('uq_message_reports_public_id'))
    )
    op.create_index('ix_message_reports_school_id_settled_at', 'message_reports', ['school_id', 'settled_at'])
    op.create_index('ix_message_reports_reporter_id', 'message_reports', ['reporter_id'])
    op.create_index('uq_message_reports_open', 'message_reports', ['conversation_id', 'seq', 'reporter_id'], unique=True, sqlite_where=sa.text('settled_at IS NULL'), postgresql_where=sa.text('settled_at IS NULL'))
    if op.get_context().dialect.name == 'postgresql':
        _raise_the_wall()


def _raise_the_wall():
    schema = op.get_bind().exec_driver_sql('SELECT quote_ident(current_schema())').scalar()
    for function in FUNCTIONS:
        op.execute(function.replace('{schema}', schema))
    for table, rule in OPENED:
        op.execute(f'CREATE POLICY opened ON {table} FOR SELECT USING ({rule})')
    op.execute('ALTER TABLE message_reports ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY')
    op.execute('CREATE POLICY the_owner ON message_reports TO CURRENT_USER USING (true) WITH CHECK (true)')
    for command, rule in REPORTS:
        op.execute(f'CREATE POLICY {command.lower()}s ON message_reports FOR {command} {rule}')


def downgrade():
    postgresql = op.get_context().dialect.name == 'postgresql'
    if postgresql:
        for table, _rule in OPENED:
            op.execute(f'DROP POLICY opened ON {table}')
    op.drop_table('message_reports')
    if postgresql:
        for name in NAMES:
            op.execute(f'DROP FUNCTION {name}')
    op.drop_table('oversight_duties')
