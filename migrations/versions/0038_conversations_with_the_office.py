"""a conversation with the office of the school

It has no class. A kind says what it is, a key makes it one, and neither ever changes. On PostgreSQL the people of the
office are parties of it by their role of the day, unless the office ever recorded them as a guardian of the child: a
third arm of the function of 0023. What an office person has written is not looked at by that person when it is
reported, and a review does not cover these conversations, which the office reads anyway.

Going back is refused while there is such a conversation: it could not be kept.

Revision ID: 0038
Revises: 0037
Create Date: 2026-11-22

"""
from alembic import op
import sqlalchemy as sa


revision = '0038'
down_revision = '0037'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
OF_OFFICE = sa.text("kind = 'office'")

# As in 0023.
HEAD = """
CREATE OR REPLACE FUNCTION gradebook_conversations(to_write boolean) RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = {schema}, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  told text := concat_ws(' ', current_setting('gradebook.user_id', true), current_setting('gradebook.moment', true),
    current_setting('gradebook.classes', true));
  kept_as text := CASE WHEN to_write THEN 'gradebook.may_write' ELSE 'gradebook.may_read' END;
  kept text := current_setting(kept_as, true);
  me bigint := gradebook_actor();
  moment timestamptz := coalesce(nullif(current_setting('gradebook.moment', true), '')::timestamptz, now());
  opened bigint[] := gradebook_classes_opened();
  found bigint[];
BEGIN
  -- Every table of every statement asks: worked out once in a transaction, for what it was told.
  IF starts_with(kept, told || '{') THEN
    RETURN substr(kept, length(told) + 1)::bigint[];
  END IF;
  -- In order: an index sorts what it looks for each time anew, in one go where it is in order. OFFSET 0, because the
  -- planner would otherwise read all conversations in the order of their keys to save the sorting of a few.
  found := ARRAY(SELECT each.id FROM (
    SELECT c.id
    FROM guardianships g
    JOIN schools s ON s.id = g.school_id
    JOIN conversations c ON c.student_id = g.student_id AND c.school_id = g.school_id
    WHERE g.guardian_id = me AND g.may_message
      AND g.begins_on <= (moment AT TIME ZONE s.timezone)::date
      AND (g.ends_on IS NULL OR g.ends_on > (moment AT TIME ZONE s.timezone)::date
        OR (NOT to_write AND NOT s.hides_past_conversations))
      AND (c.guardian_id = me OR (c.is_joint AND EXISTS (
        SELECT FROM participants p WHERE p.conversation_id = c.id AND p.user_id = me)))
      AND NOT EXISTS (
        SELECT FROM restrictions r
        WHERE r.student_id = g.student_id AND r.adult_id = me AND r.school_id = g.school_id AND r.no_contact
          AND r.begins_on <= (moment AT TIME ZONE s.timezone)::date
          AND (r.ends_on IS NULL OR r.ends_on > (moment AT TIME ZONE s.timezone)::date))
    UNION ALL
    SELECT c.id
    FROM enrollments e
    JOIN schools s ON s.id = e.school_id
    JOIN conversations c ON c.section_id = e.section_id
    WHERE e.user_id = me AND e.role_kind = 'teacher'
      AND e.begins_on <= (moment AT TIME ZONE s.timezone)::date
      AND (e.ends_on IS NULL OR e.ends_on > (moment AT TIME ZONE s.timezone)::date)
      AND NOT EXISTS (SELECT FROM guardianships g WHERE g.guardian_id = me AND g.student_id = c.student_id)
"""
OFFICE = """
    UNION ALL
    SELECT c.id
    FROM roles r
    JOIN schools s ON s.id = r.school_id
    JOIN conversations c ON c.school_id = r.school_id AND c.kind = 'office'
    WHERE r.user_id = me AND r.kind = 'office'
      AND r.begins_on <= (moment AT TIME ZONE s.timezone)::date
      AND (r.ends_on IS NULL OR r.ends_on > (moment AT TIME ZONE s.timezone)::date)
      AND NOT EXISTS (SELECT FROM guardianships g WHERE g.guardian_id = me AND g.student_id = c.student_id)
"""
TAIL = """
    UNION ALL
    SELECT c.id FROM conversations c WHERE c.section_id = ANY (opened)
    OFFSET 0
  ) each ORDER BY each.id);
  PERFORM set_config(kept_as, told || found::text, true);
  RETURN found;
END
$$
"""

# As in 0032.
OPENED = """
CREATE OR REPLACE FUNCTION gradebook_messages_opened() RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
DECLARE
  report bigint := nullif(current_setting('gradebook.report', true), '')::bigint;
  review bigint := nullif(current_setting('gradebook.review', true), '')::bigint;
BEGIN
"""
REVIEW = """
  IF review IS NOT NULL THEN
    RETURN ARRAY(
      SELECT m.id
      FROM oversight_reviews r
      JOIN schools s ON s.id = r.school_id
      JOIN conversations c ON c.student_id = r.student_id AND c.school_id = r.school_id %(of_a_class)s
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
    WHERE r.id = report AND r.settled_at IS NULL %(of_another)s
      AND m.seq BETWEEN r.seq - 3 AND r.seq + 3 AND (m.seq = r.seq OR m.sent_at <= r.reported_at)
      AND gradebook_duty(r.school_id) = 'reviewer' AND NOT gradebook_is_party(r.student_id, r.section_id));
END
$$
"""

ME = '(SELECT gradebook_actor())'
LOOKED_AT_BEFORE = "gradebook_duty(school_id) = 'reviewer' AND NOT gradebook_is_party(student_id, section_id)"
LOOKED_AT = f"{LOOKED_AT_BEFORE} AND author_id <> {ME}"

STAYS = """
CREATE FUNCTION gradebook_conversation_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a conversation stays what it is';
END
$$
"""
COLUMNS = ('kind', 'key', 'school_id', 'student_id', 'section_id', 'guardian_id', 'is_joint')


def upgrade():
    with op.batch_alter_table('conversations') as batch:
        batch.add_column(sa.Column('kind', sa.String(length=20), nullable=False, server_default='family'))
        batch.alter_column('section_id', existing_type=ID, nullable=True)
        batch.create_check_constraint(op.f('ck_conversations_kind'), sa.column('kind').in_(('family', 'office')))
        batch.create_check_constraint(
            op.f('ck_conversations_of_a_class_or_the_office'), "(kind = 'family') = (section_id IS NOT NULL)"
        )
        batch.create_check_constraint(op.f('ck_conversations_joint_in_a_class'), "kind = 'family' OR NOT is_joint")
    with op.batch_alter_table('conversations') as batch:
        batch.alter_column('kind', existing_type=sa.String(length=20), server_default=None)
    op.create_index(
        'ix_conversations_of_office', 'conversations', ['school_id'], sqlite_where=OF_OFFICE, postgresql_where=OF_OFFICE
    )
    with op.batch_alter_table('message_reports') as batch:
        batch.alter_column('section_id', existing_type=ID, nullable=True)
    if op.get_context().dialect.name == 'postgresql':
        op.execute(STAYS)
        op.execute(
            f'CREATE TRIGGER stays BEFORE UPDATE OF {", ".join(COLUMNS)} ON conversations'
            ' FOR EACH ROW EXECUTE FUNCTION gradebook_conversation_stays()'
        )
        _define(HEAD + OFFICE + TAIL)
        _define(OPENED + _reviewing(" AND c.kind = 'family'", ' AND r.author_id <> gradebook_actor()'))
        _look_at_reports(LOOKED_AT)
        _tell_of_guardianships('INSERT OR UPDATE')  # who becomes a guardian reads it no more for the office
    else:
        op.execute(
            f'CREATE TRIGGER conversation_stays BEFORE UPDATE OF {", ".join(COLUMNS)} ON conversations'
            " BEGIN SELECT RAISE(ABORT, 'a conversation stays what it is'); END"
        )


def _reviewing(of_a_class, of_another):
    return REVIEW.replace(' %(of_a_class)s', of_a_class) + REPORT.replace(' %(of_another)s', of_another)


def _look_at_reports(rule):
    op.execute(f'ALTER POLICY selects ON message_reports USING (reporter_id = {ME} OR ({rule}))')
    op.execute(f'ALTER POLICY updates ON message_reports USING ({rule}) WITH CHECK ({rule})')


def _tell_of_guardianships(when):
    op.execute('DROP TRIGGER guardianships_tell_rights ON guardianships')
    op.execute(
        f'CREATE TRIGGER guardianships_tell_rights AFTER {when} ON guardianships'
        " FOR EACH ROW EXECUTE FUNCTION gradebook_tell_rights('person', 'guardian_id')"
    )


def _define(function):
    schema = op.get_bind().exec_driver_sql('SELECT quote_ident(current_schema())').scalar()
    op.execute(function.replace('{schema}', schema))


def downgrade():
    if op.get_bind().execute(sa.text("SELECT 1 FROM conversations WHERE kind = 'office' LIMIT 1")).scalar():
        raise RuntimeError('There are conversations with the office, which the schema before cannot keep.')
    if op.get_context().dialect.name == 'postgresql':
        op.execute('DROP TRIGGER stays ON conversations')
        op.execute('DROP FUNCTION gradebook_conversation_stays()')
        _define(HEAD + TAIL)
        _define(OPENED + _reviewing('', ''))
        _look_at_reports(LOOKED_AT_BEFORE)
        _tell_of_guardianships('UPDATE')
    else:
        op.execute('DROP TRIGGER conversation_stays')
    with op.batch_alter_table('message_reports') as batch:
        batch.alter_column('section_id', existing_type=ID, nullable=False)
    op.drop_index('ix_conversations_of_office', 'conversations')
    with op.batch_alter_table('conversations') as batch:
        batch.drop_constraint(op.f('ck_conversations_joint_in_a_class'), type_='check')
        batch.drop_constraint(op.f('ck_conversations_of_a_class_or_the_office'), type_='check')
        batch.drop_constraint(op.f('ck_conversations_kind'), type_='check')
        batch.alter_column('section_id', existing_type=ID, nullable=False)
        batch.drop_column('kind')
