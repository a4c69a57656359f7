"""announcements

Which announcements an adult may see is worked out by functions of the owner, as for conversations (0023).

Revision ID: 0028
Revises: 0027
Create Date: 2026-11-22

"""
from alembic import op
import sqlalchemy as sa


revision = '0028'
down_revision = '0027'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
ROLE = sa.Enum('office', 'parent', 'student', 'teacher', name='role_kind', native_enum=False, create_constraint=True, length=20)
NOTICES_BEFORE = "'joint', 'message', 'writing_closed'"
NOTICES = "'announcement', " + NOTICES_BEFORE

STARTED = """
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = {schema}, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  me bigint := gradebook_actor();
  moment timestamptz := coalesce(nullif(current_setting('gradebook.moment', true), '')::timestamptz, now());
"""

# Guardians: what they got, by the link to the child on whose account they did, as for conversations.
RECEIVED = f"""
CREATE FUNCTION gradebook_announcements_received() RETURNS bigint[] {STARTED}
BEGIN
  RETURN ARRAY(
    SELECT r.announcement_id
    FROM announcement_recipients r
    JOIN schools s ON s.id = r.school_id
    JOIN guardianships g ON g.student_id = r.student_id AND g.guardian_id = me AND g.school_id = r.school_id
    WHERE r.user_id = me AND g.may_message
      AND g.begins_on <= (moment AT TIME ZONE s.timezone)::date
      AND (g.ends_on IS NULL OR g.ends_on > (moment AT TIME ZONE s.timezone)::date OR NOT s.hides_past_conversations)
      AND NOT EXISTS (
        SELECT FROM restrictions o
        WHERE o.student_id = g.student_id AND o.adult_id = me AND o.school_id = g.school_id AND o.no_contact
          AND o.begins_on <= (moment AT TIME ZONE s.timezone)::date
          AND (o.ends_on IS NULL OR o.ends_on > (moment AT TIME ZONE s.timezone)::date)));
END
$$
"""

# Staff: the office all of its school; teachers what was sent to their classes, and to the whole school unless it is
# asked for those whose readers they may count.
OF_STAFF = f"""
CREATE FUNCTION gradebook_announcements_of_staff(to_count boolean) RETURNS bigint[] {STARTED}
BEGIN
  RETURN ARRAY(
    SELECT a.id
    FROM roles r
    JOIN schools s ON s.id = r.school_id
    JOIN announcements a ON a.school_id = r.school_id
    WHERE r.user_id = me
      AND r.begins_on <= (moment AT TIME ZONE s.timezone)::date
      AND (r.ends_on IS NULL OR r.ends_on > (moment AT TIME ZONE s.timezone)::date)
      AND (r.kind = 'office' OR (r.kind = 'teacher' AND a.sent_at IS NOT NULL AND (
        (a.to_school AND NOT to_count)
        OR (NOT (to_count AND a.role_kind <> 'teacher') AND EXISTS (
          SELECT FROM announcement_sections c
          JOIN enrollments e ON e.section_id = c.section_id
          WHERE c.announcement_id = a.id AND e.user_id = me AND e.role_kind = 'teacher'
            AND e.begins_on <= (moment AT TIME ZONE s.timezone)::date
            AND (e.ends_on IS NULL OR e.ends_on > (moment AT TIME ZONE s.timezone)::date))))))
    UNION
    SELECT a.id FROM announcements a WHERE a.author_id = me);
END
$$
"""

# Who may write one: the office of the school, and teachers, each for the classes of now.
MAY_ANNOUNCE = f"""
CREATE FUNCTION gradebook_may_announce(school bigint, section bigint, as_role text) RETURNS boolean {STARTED}
  today date := (SELECT (moment AT TIME ZONE s.timezone)::date FROM schools s WHERE s.id = school);
BEGIN
  RETURN EXISTS (
    SELECT FROM roles r
    WHERE r.user_id = me AND r.school_id = school AND r.kind = as_role AND r.kind IN ('teacher', 'office')
      AND r.begins_on <= today AND (r.ends_on IS NULL OR r.ends_on > today))
    AND (section IS NULL OR as_role = 'office' OR EXISTS (
      SELECT FROM enrollments e
      WHERE e.user_id = me AND e.section_id = section AND e.school_id = school AND e.role_kind = 'teacher'
        AND e.begins_on <= today AND (e.ends_on IS NULL OR e.ends_on > today)));
END
$$
"""

# Who may get one: a guardian with the right to write today, and no order against contact.
MAY_RECEIVE = f"""
CREATE FUNCTION gradebook_may_receive(school bigint, student bigint, guardian bigint) RETURNS boolean {STARTED}
  today date := (SELECT (moment AT TIME ZONE s.timezone)::date FROM schools s WHERE s.id = school);
BEGIN
  RETURN EXISTS (
    SELECT FROM guardianships g
    WHERE g.guardian_id = guardian AND g.student_id = student AND g.school_id = school AND g.may_message
      AND g.begins_on <= today AND (g.ends_on IS NULL OR g.ends_on > today)
      AND NOT EXISTS (
        SELECT FROM restrictions o
        WHERE o.student_id = student AND o.adult_id = guardian AND o.school_id = school AND o.no_contact
          AND o.begins_on <= today AND (o.ends_on IS NULL OR o.ends_on > today)));
END
$$
"""

FUNCTIONS = (RECEIVED, OF_STAFF, MAY_ANNOUNCE, MAY_RECEIVE)
NAMES = (
    'gradebook_may_receive(bigint, bigint, bigint)',
    'gradebook_may_announce(bigint, bigint, text)',
    'gradebook_announcements_of_staff(boolean)',
    'gradebook_announcements_received()',
)

ME = '(SELECT gradebook_actor())'
RECEIVED_IDS = 'IN (SELECT unnest((SELECT gradebook_announcements_received())::bigint[]))'
STAFF_IDS = 'IN (SELECT unnest((SELECT gradebook_announcements_of_staff(false))::bigint[]))'
COUNTED_IDS = 'IN (SELECT unnest((SELECT gradebook_announcements_of_staff(true))::bigint[]))'
SEEN = 'announcement_id IN (SELECT a.id FROM announcements a)'
OWN = f'announcement_id IN (SELECT a.id FROM announcements a WHERE a.author_id = {ME})'
MINE = f"author_id = {ME} OR gradebook_may_announce(school_id, NULL, 'office')"
ROLE_OF_IT = '(SELECT a.role_kind FROM announcements a WHERE a.id = announcement_id)'

# By table and command: the rows that are there, and the rows as they are written. What is not named is refused.
POLICIES = (
    ('announcements', 'SELECT', f'author_id = {ME} OR (sent_at IS NOT NULL AND id {RECEIVED_IDS}) OR id {STAFF_IDS}', None),
    ('announcements', 'INSERT', None, f'author_id = {ME} AND gradebook_may_announce(school_id, NULL, role_kind)'),
    ('announcements', 'UPDATE', MINE, MINE),
    ('announcement_sections', 'SELECT', SEEN, None),
    ('announcement_sections', 'INSERT', None, f'{OWN} AND gradebook_may_announce(school_id, section_id, {ROLE_OF_IT})'),
    ('announcement_recipients', 'SELECT', f'user_id = {ME} OR announcement_id {COUNTED_IDS}', None),
    ('announcement_recipients', 'INSERT', None, f'{OWN} AND gradebook_may_receive(school_id, student_id, user_id)'),
    ('announcement_recipients', 'UPDATE', f'user_id = {ME}', f'user_id = {ME}'),
)
TABLES = ('announcements', 'announcement_sections', 'announcement_recipients')


def upgrade():
    op.create_table('announcements',
    sa.Column('school_id', ID, nullable=False),
    sa.Column('author_id', ID, nullable=False),
    sa.Column('role_kind', ROLE, nullable=False),
    sa.Column('to_school', sa.Boolean(), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('folded', sa.Text(), nullable=False),
    sa.Column('client_key', sa.String(length=36), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('send_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cancelled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cancelled_by', ID, nullable=True),
    sa.Column('recalled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_change', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=12), nullable=False),
    sa.Column('id', ID, nullable=False),
    sa.CheckConstraint("role_kind IN ('teacher', 'office')", name=op.f('ck_announcements_from_staff')),
    sa.CheckConstraint("role_kind = 'office' OR NOT to_school", name=op.f('ck_announcements_to_the_school_by_its_office')),
    sa.CheckConstraint('sent_at IS NULL OR cancelled_at IS NULL', name=op.f('ck_announcements_sent_or_cancelled')),
    sa.CheckConstraint('recalled_at IS NULL OR sent_at IS NOT NULL', name=op.f('ck_announcements_recalled_once_sent')),
    sa.ForeignKeyConstraint(['author_id'], ['users.id'], name=op.f('fk_announcements_author_id')),
    sa.ForeignKeyConstraint(['author_id', 'school_id', 'role_kind'], ['roles.user_id', 'roles.school_id', 'roles.kind'], name=op.f('fk_announcements_author_id_school_id_role_kind')),
    sa.ForeignKeyConstraint(['cancelled_by'], ['users.id'], name=op.f('fk_announcements_cancelled_by')),
    sa.ForeignKeyConstraint(['school_id'], ['schools.id'], name=op.f('fk_announcements_school_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_announcements')),
    sa.UniqueConstraint('id', 'school_id', name=op.f('uq_announcements_id_school_id')),
    sa.UniqueConstraint('public_id', name=op.f('uq_announcements_public_id')),
    sa.UniqueConstraint('school_id', 'author_id', 'client_key', name=op.f('uq_announcements_school_id_author_id_client_key'))
    )
    op.create_index('ix_announcements_school_id_send_at', 'announcements', ['school_id', 'send_at'])
    op.create_index('ix_announcements_author_id', 'announcements', ['author_id'])
    op.create_table('announcement_sections',
    sa.Column('announcement_id', ID, autoincrement=False, nullable=False),
    sa.Column('section_id', ID, autoincrement=False, nullable=False),
    sa.Column('school_id', ID, nullable=False),
    sa.ForeignKeyConstraint(['announcement_id', 'school_id'], ['announcements.id', 'announcements.school_id'], name=op.f('fk_announcement_sections_announcement_id_school_id')),
    sa.ForeignKeyConstraint(['section_id', 'school_id'], ['sections.id', 'sections.school_id'], name=op.f('fk_announcement_sections_section_id_school_id')),
    sa.PrimaryKeyConstraint('announcement_id', 'section_id', name=op.f('pk_announcement_sections'))
    )
    op.create_index('ix_announcement_sections_section_id', 'announcement_sections', ['section_id'])
    op.create_table('announcement_recipients',
    sa.Column('announcement_id', ID, autoincrement=False, nullable=False),
    sa.Column('user_id', ID, nullable=False),
    sa.Column('student_id', ID, nullable=False),
    sa.Column('school_id', ID, nullable=False),
    sa.Column('role_kind', ROLE, nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("role_kind = 'parent'", name=op.f('ck_announcement_recipients_a_guardian')),
    sa.ForeignKeyConstraint(['announcement_id', 'school_id'], ['announcements.id', 'announcements.school_id'], name=op.f('fk_announcement_recipients_announcement_id_school_id')),
    sa.ForeignKeyConstraint(['student_id'], ['users.id'], name=op.f('fk_announcement_recipients_student_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_announcement_recipients_user_id')),
    sa.ForeignKeyConstraint(['user_id', 'school_id', 'role_kind'], ['roles.user_id', 'roles.school_id', 'roles.kind'], name=op.f('fk_announcement_recipients_user_id_school_id_role_kind')),
    sa.PrimaryKeyConstraint('announcement_id', 'user_id', 'student_id', name=op.f('pk_announcement_recipients'))
    )
    op.create_index('ix_announcement_recipients_user_id', 'announcement_recipients', ['user_id'])
    # In words of its own: Alembic would make the table of messages anew on SQLite, and lose the triggers of the search.
    kind = op.get_context().dialect.name
    op.execute(
        f"ALTER TABLE messages ADD COLUMN announcement_id {'INTEGER' if kind == 'sqlite' else 'BIGINT'}"
        ' CONSTRAINT fk_messages_announcement_id REFERENCES announcements (id)'
    )
    with op.batch_alter_table('notices') as notices:
        notices.add_column(sa.Column('announcement_id', ID, nullable=True))
        notices.drop_constraint(op.f('ck_notices_kind'), type_='check')
        notices.create_check_constraint(op.f('ck_notices_kind'), f'kind IN ({NOTICES})')
        notices.create_foreign_key(op.f('fk_notices_announcement_id_school_id'), 'announcements', ['announcement_id', 'school_id'], ['id', 'school_id'])
        notices.create_unique_constraint(op.f('uq_notices_announcement_id_recipient_id'), ['announcement_id', 'recipient_id'])
    if kind == 'postgresql':
        _build_the_wall()


def _build_the_wall():
    schema = op.get_bind().exec_driver_sql('SELECT quote_ident(current_schema())').scalar()
    for function in FUNCTIONS:
        op.execute(function.replace('{schema}', schema))
    for table in TABLES:
        op.execute(f'ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY')
        op.execute(f'CREATE POLICY the_owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)')
    for table, command, there, written in POLICIES:
        rule = (f' USING ({there})' if there else '') + (f' WITH CHECK ({written})' if written else '')
        op.execute(f'CREATE POLICY {command.lower()}s ON {table} FOR {command}{rule}')


def downgrade():
    kind = op.get_context().dialect.name
    op.execute("DELETE FROM notices WHERE kind = 'announcement'")
    with op.batch_alter_table('notices') as notices:
        notices.drop_constraint(op.f('uq_notices_announcement_id_recipient_id'), type_='unique')
        notices.drop_constraint(op.f('fk_notices_announcement_id_school_id'), type_='foreignkey')
        notices.drop_constraint(op.f('ck_notices_kind'), type_='check')
        notices.create_check_constraint(op.f('ck_notices_kind'), f'kind IN ({NOTICES_BEFORE})')
        notices.drop_column('announcement_id')
    op.drop_column('messages', 'announcement_id')
    if kind == 'postgresql':
        for table, command, _, _ in POLICIES:
            op.execute(f'DROP POLICY {command.lower()}s ON {table}')
    for table in reversed(TABLES):
        op.drop_table(table)
    if kind == 'postgresql':
        for name in NAMES:
            op.execute(f'DROP FUNCTION {name}')
