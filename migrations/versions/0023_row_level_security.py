"""row-level security of conversations on PostgreSQL

Who acts is told to each transaction in settings (gradebook/actor.py). The functions belong to the owner and look past
the policies, by a policy of the owner's own: a policy on conversations that read conversations itself would never end.

Revision ID: 0023
Revises: 0022
Create Date: 2026-11-21

"""
from alembic import op


revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None

ACTOR = """
CREATE FUNCTION gradebook_actor() RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT nullif(current_setting('gradebook.user_id', true), '')::bigint
$$
"""

CLASSES = """
CREATE FUNCTION gradebook_classes_opened() RETURNS bigint[] LANGUAGE sql STABLE AS $$
  SELECT coalesce(string_to_array(nullif(current_setting('gradebook.classes', true), ''), ',')::bigint[], '{}')
$$
"""

# Guardians: by the link to the child, with its right to write; when it has ended what was written can still be read,
# unless the school hides it. Joint conversations: who takes part besides. Teachers: by the place in the class, unless
# the office ever recorded them as the child's guardian.
CONVERSATIONS = """
CREATE FUNCTION gradebook_conversations(to_write boolean) RETURNS bigint[]
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
    UNION ALL
    SELECT c.id FROM conversations c WHERE c.section_id = ANY (opened)
    OFFSET 0
  ) each ORDER BY each.id);
  PERFORM set_config(kept_as, told || found::text, true);
  RETURN found;
END
$$
"""

# One that is begun is seen by the next statement.
BEGUN = """
CREATE FUNCTION gradebook_conversation_begun() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('gradebook.may_read', '', true), set_config('gradebook.may_write', '', true);
  RETURN NULL;
END
$$
"""

# The same rights for a conversation that is not there yet.
MAY_BEGIN = """
CREATE FUNCTION gradebook_may_begin(school bigint, student bigint, section bigint, guardian bigint) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = {schema}, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  me bigint := gradebook_actor();
  moment timestamptz := coalesce(nullif(current_setting('gradebook.moment', true), '')::timestamptz, now());
  today date := (SELECT (moment AT TIME ZONE s.timezone)::date FROM schools s WHERE s.id = school);
BEGIN
  RETURN section = ANY (gradebook_classes_opened())
    OR (me = guardian AND EXISTS (
      SELECT FROM guardianships g
      WHERE g.guardian_id = me AND g.student_id = student AND g.school_id = school AND g.may_message
        AND g.begins_on <= today AND (g.ends_on IS NULL OR g.ends_on > today)
        AND NOT EXISTS (
          SELECT FROM restrictions r
          WHERE r.student_id = student AND r.adult_id = me AND r.school_id = school AND r.no_contact
            AND r.begins_on <= today AND (r.ends_on IS NULL OR r.ends_on > today))))
    OR (EXISTS (
      SELECT FROM enrollments e
      WHERE e.user_id = me AND e.section_id = section AND e.role_kind = 'teacher'
        AND e.begins_on <= today AND (e.ends_on IS NULL OR e.ends_on > today))
      AND NOT EXISTS (SELECT FROM guardianships g WHERE g.guardian_id = me AND g.student_id = student));
END
$$
"""

# A table is analyzed by its owner alone; a large import needs it, and nothing is learned from it.
ANALYZE = """
CREATE FUNCTION gradebook_analyze(name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
BEGIN
  EXECUTE format('ANALYZE %I', name);
END
$$
"""

FUNCTIONS = (ACTOR, CLASSES, CONVERSATIONS, BEGUN, MAY_BEGIN, ANALYZE)
NAMES = (
    'gradebook_analyze(text)',
    'gradebook_may_begin(bigint, bigint, bigint, bigint)',
    'gradebook_conversation_begun()',
    'gradebook_conversations(boolean)',
    'gradebook_classes_opened()',
    'gradebook_actor()',
)

ME = '(SELECT gradebook_actor())'
# Worked out once for each statement (InitPlan) and kept as a hash, which changes no plan: what a page asks for has an
# index of its own. `= ANY` would be looked through for each row, and makes the planner expect ten rows.
READ = 'IN (SELECT unnest((SELECT gradebook_conversations(false))::bigint[]))'
WRITE = 'IN (SELECT unnest((SELECT gradebook_conversations(true))::bigint[]))'
OPENED = "(SELECT gradebook_classes_opened()) <> '{}'"
BY_ME = f'(author_id = {ME} OR {OPENED}) AND conversation_id {WRITE}'
OF_MESSAGE = 'EXISTS (SELECT FROM messages m WHERE m.id = message_id'
OF_FILE = 'EXISTS (SELECT FROM attachments a WHERE a.id = attachment_id'

# By table and command: the rows that are there, and the rows as they are written. What is not named is refused.
POLICIES = (
    ('conversations', 'SELECT', f'id {READ}', None),
    ('conversations', 'INSERT', None, f'created_by = {ME} AND gradebook_may_begin(school_id, student_id, section_id, guardian_id)'),
    ('conversations', 'UPDATE', f'id {WRITE}', f'id {WRITE}'),
    ('participants', 'SELECT', f'conversation_id {READ}', None),
    ('participants', 'INSERT', None, f'conversation_id {WRITE}'),
    ('participants', 'UPDATE', f'user_id = {ME} AND conversation_id {READ}', f'user_id = {ME} AND conversation_id {READ}'),
    ('messages', 'SELECT', f'conversation_id {READ}', None),
    ('messages', 'INSERT', None, BY_ME),
    ('messages', 'UPDATE', BY_ME, BY_ME),
    ('message_texts', 'SELECT', f'conversation_id {READ} AND {OF_MESSAGE} AND (m.removed_at IS NULL OR m.author_id = {ME}))', None),
    ('message_texts', 'INSERT', None, f'conversation_id {WRITE} AND {OF_MESSAGE} AND m.author_id = {ME})'),
    ('attachments', 'SELECT', f'conversation_id {READ}', None),
    ('attachments', 'INSERT', None, f'author_id = {ME} AND conversation_id {WRITE}'),
    ('attachment_contents', 'SELECT', f'conversation_id {READ}', None),
    ('attachment_contents', 'INSERT', None, f'conversation_id {WRITE} AND {OF_FILE} AND a.author_id = {ME})'),
    ('drafts', 'SELECT', f'user_id = {ME} AND conversation_id {READ}', None),
    ('drafts', 'INSERT', None, f'user_id = {ME} AND conversation_id {WRITE}'),
    ('drafts', 'UPDATE', f'user_id = {ME} AND conversation_id {WRITE}', f'user_id = {ME} AND conversation_id {WRITE}'),
    ('reads', 'SELECT', f'conversation_id {READ}', None),
    ('reads', 'INSERT', None, f'user_id = {ME} AND conversation_id {READ}'),
    ('drafts', 'DELETE', f'user_id = {ME} AND conversation_id {READ}', None),
)
TABLES = (
    'conversations', 'participants', 'messages', 'message_texts', 'drafts', 'reads', 'attachments', 'attachment_contents',
)


def upgrade():
    if op.get_context().dialect.name != 'postgresql':
        return
    schema = op.get_bind().exec_driver_sql('SELECT quote_ident(current_schema())').scalar()
    for function in FUNCTIONS:
        op.execute(function.replace('{schema}', schema))
    for table in TABLES:
        op.execute(f'ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY')
        op.execute(f'CREATE POLICY the_owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)')
    for table, command, there, written in POLICIES:
        rule = (f' USING ({there})' if there else '') + (f' WITH CHECK ({written})' if written else '')
        op.execute(f'CREATE POLICY {command.lower()}s ON {table} FOR {command}{rule}')
    op.execute(
        'CREATE TRIGGER begun AFTER INSERT ON conversations'
        ' FOR EACH STATEMENT EXECUTE FUNCTION gradebook_conversation_begun()'
    )


def downgrade():
    if op.get_context().dialect.name != 'postgresql':
        return
    op.execute('DROP TRIGGER begun ON conversations')
    for table, command, _, _ in POLICIES:
        op.execute(f'DROP POLICY {command.lower()}s ON {table}')
    for table in TABLES:
        op.execute(f'DROP POLICY the_owner ON {table}')
        op.execute(f'ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY')
    for name in NAMES:
        op.execute(f'DROP FUNCTION {name}')
