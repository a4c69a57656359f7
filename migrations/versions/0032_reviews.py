"""reviews: the office looks into the conversations about a child, for a reason and for a week at most

On PostgreSQL the row of an open review opens the messages that it covers to whoever opened it; the setting
gradebook.review says which is read.

Revision ID: 0032
Revises: 0031
Create Date: 2026-11-22

"""
from alembic import op
import sqlalchemy as sa


revision = '0032'
down_revision = '0031'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')

HEAD = """
CREATE OR REPLACE FUNCTION gradebook_messages_opened() RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
DECLARE
  report bigint := nullif(current_setting('gradebook.report', true), '')::bigint;
  review bigint := nullif(current_setting('gradebook.review', true), '')::bigint;
BEGIN
"""
# Child, class and guardian as its row says, parties kept out, sent between its two days, while it is open.
REVIEW = """
  IF review IS NOT NULL THEN
    RETURN ARRAY(
      SELECT m.id
      FROM oversight_reviews r
      JOIN schools s ON s.id = r.school_id
      JOIN conversations c ON c.student_id = r.student_id AND c.school_id = r.school_id
      JOIN messages m ON m.school_id = c.school_id AND m.conversation_id = c.id
      WHERE r.id = review AND r.opened_by = gradebook_actor() AND r.closed_at IS NULL
        AND r.begins_on <= (gradebook_moment() AT TIME ZONE s.timezone)::date
        AND r.begins_on + r.days > (gradebook_moment() AT TIME ZONE s.timezone)::date
        AND gradebook_duty(r.school_id) = 'reviewer'
        AND (r.section_id IS NULL OR (c.section_id = r.section_id AND (c.guardian_id = r.guardian_id
          OR (c.is_joint AND EXISTS (
            SELECT FROM participants p WHERE p.conversation_id = c.id AND p.user_id = r.guardian_id)))))
        AND NOT gradebook_is_party(c.student_id, c.section_id)
        AND m.sent_at >= r.first_day::timestamp AT TIME ZONE s.timezone
        AND m.sent_at < (r.last_day + 1)::timestamp AT TIME ZONE s.timezone);
  END IF;
"""
REPORT = """
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

# What a review covers and how long it lasts stands from its first moment on, and none is opened again.
STANDS = """
CREATE FUNCTION gradebook_review_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.school_id, NEW.opened_by, NEW.opened_at, NEW.begins_on, NEW.days, NEW.student_id, NEW.first_day, NEW.last_day)
      IS DISTINCT FROM
      (OLD.school_id, OLD.opened_by, OLD.opened_at, OLD.begins_on, OLD.days, OLD.student_id, OLD.first_day, OLD.last_day)
    OR NEW.section_id IS DISTINCT FROM OLD.section_id OR NEW.guardian_id IS DISTINCT FROM OLD.guardian_id
    OR (OLD.closed_at IS NOT NULL AND NEW.closed_at IS DISTINCT FROM OLD.closed_at)
    OR (OLD.said_at IS NOT NULL AND NEW.said_at IS DISTINCT FROM OLD.said_at) THEN
    RAISE EXCEPTION 'a review stays as it was opened';
  END IF;
  RETURN NEW;
END
$$
"""

ME = '(SELECT gradebook_actor())'
OWN = f'EXISTS (SELECT FROM oversight_reviews r WHERE r.id = review_id AND r.opened_by = {ME})'
WATCHED = "EXISTS (SELECT FROM oversight_reviews r WHERE r.id = review_id AND gradebook_duty(r.school_id) = 'supervisor')"
OPENED = 'conversation_id IN (SELECT unnest((SELECT gradebook_conversations_opened())::bigint[]))'
OPENINGS = (
    ('SELECT', f'USING ({OWN} OR {WATCHED})'),
    ('INSERT', f'WITH CHECK ({OWN} AND {OPENED})'),
    ('UPDATE', f'USING ({OWN}) WITH CHECK ({OWN} AND {OPENED})'),
)
DUTY = 'gradebook_duty(school_id)'
REVIEWS = (
    ('SELECT', f"USING (opened_by = {ME} OR {DUTY} = 'supervisor')"),
    ('INSERT', f"WITH CHECK (opened_by = {ME} AND {DUTY} = 'reviewer' AND closed_at IS NULL AND said_at IS NULL AND held_until IS NULL"
               " AND begins_on = (SELECT (gradebook_moment() AT TIME ZONE s.timezone)::date FROM schools s WHERE s.id = school_id))"),
    ('UPDATE', f"USING (opened_by = {ME} OR {DUTY} = 'supervisor') WITH CHECK (opened_by = {ME} OR {DUTY} = 'supervisor')"),
)


def upgrade():
    op.create_table('oversight_reviews',
    sa.Column('id', ID, nullable=False),
    sa.Column('public_id', sa.String(length=12), nullable=False),
    sa.Column('school_id', ID, nullable=False),
    sa.Column('opened_by', ID, nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('begins_on', sa.Date(), nullable=False),
    sa.Column('days', sa.Integer(), nullable=False),
    sa.Column('reason', sa.Enum('safety', 'conduct', 'complaint', 'report', 'legal', 'other', name='reason', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('student_id', ID, nullable=False),
    sa.Column('section_id', ID, nullable=True),
    sa.Column('guardian_id', ID, nullable=True),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('last_day', sa.Date(), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_by', ID, nullable=True),
    sa.Column('held_until', sa.Date(), nullable=True),
    sa.Column('said_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('days BETWEEN 1 AND 7', name=op.f('ck_oversight_reviews_a_week_at_most')),
    sa.CheckConstraint('last_day >= first_day', name=op.f('ck_oversight_reviews_days_in_order')),
    sa.CheckConstraint('(section_id IS NULL) = (guardian_id IS NULL)', name=op.f('ck_oversight_reviews_a_child_or_one_conversation')),
    *(
        sa.ForeignKeyConstraint([name], [target], name=op.f(f'fk_oversight_reviews_{name}'))
        for name, target in (
            ('school_id', 'schools.id'), ('opened_by', 'users.id'), ('student_id', 'users.id'),
            ('section_id', 'sections.id'), ('guardian_id', 'users.id'), ('closed_by', 'users.id'),
        )
    ),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_oversight_reviews')),
    sa.UniqueConstraint('id', 'school_id', name=op.f('uq_oversight_reviews_id_school_id')),
    sa.UniqueConstraint('public_id', name=op.f('uq_oversight_reviews_public_id'))
    )
    op.create_index('ix_oversight_reviews_school_id_said_at', 'oversight_reviews', ['school_id', 'said_at'])
    op.create_table('review_openings',
    sa.Column('review_id', ID, autoincrement=False, nullable=False),
    sa.Column('conversation_id', ID, autoincrement=False, nullable=False),
    sa.Column('school_id', ID, nullable=False),
    sa.Column('section_id', ID, nullable=False),
    sa.Column('guardian_id', ID, nullable=False),
    sa.Column('first_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('times', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id', 'school_id'], ['conversations.id', 'conversations.school_id'], name=op.f('fk_review_openings_conversation_id_school_id')),
    sa.ForeignKeyConstraint(['guardian_id'], ['users.id'], name=op.f('fk_review_openings_guardian_id')),
    sa.ForeignKeyConstraint(['review_id', 'school_id'], ['oversight_reviews.id', 'oversight_reviews.school_id'], name=op.f('fk_review_openings_review_id_school_id')),
    sa.ForeignKeyConstraint(['section_id'], ['sections.id'], name=op.f('fk_review_openings_section_id')),
    sa.PrimaryKeyConstraint('review_id', 'conversation_id', name=op.f('pk_review_openings'))
    )
    op.create_index('ix_review_openings_conversation_id', 'review_openings', ['conversation_id'])
    op.create_table('review_notes',
    sa.Column('id', ID, nullable=False),
    sa.Column('review_id', ID, nullable=False),
    sa.Column('school_id', ID, nullable=False),
    sa.Column('author_id', ID, nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('written_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['users.id'], name=op.f('fk_review_notes_author_id')),
    sa.ForeignKeyConstraint(['review_id', 'school_id'], ['oversight_reviews.id', 'oversight_reviews.school_id'], name=op.f('fk_review_notes_review_id_school_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_review_notes'))
    )
    op.create_index('ix_review_notes_review_id', 'review_notes', ['review_id'])
    if op.get_context().dialect.name == 'postgresql':
        _open_by_review(HEAD + REVIEW + REPORT)
        op.execute(STANDS)
        op.execute(
            'CREATE TRIGGER stands BEFORE UPDATE ON oversight_reviews'
            ' FOR EACH ROW EXECUTE FUNCTION gradebook_review_stands()'
        )
        _wall('oversight_reviews', REVIEWS)
        _wall('review_openings', OPENINGS)


def _open_by_review(function):
    schema = op.get_bind().exec_driver_sql('SELECT quote_ident(current_schema())').scalar()
    op.execute(function.replace('{schema}', schema))


def _wall(table, policies):
    op.execute(f'ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY')
    op.execute(f'CREATE POLICY the_owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)')
    for command, rule in policies:
        op.execute(f'CREATE POLICY {command.lower()}s ON {table} FOR {command} {rule}')


def downgrade():
    if op.get_context().dialect.name == 'postgresql':
        _open_by_review(HEAD + REPORT)
    for table in ('review_notes', 'review_openings', 'oversight_reviews'):
        op.drop_table(table)
    if op.get_context().dialect.name == 'postgresql':
        op.execute('DROP FUNCTION gradebook_review_stands()')
