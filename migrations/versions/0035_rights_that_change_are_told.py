"""on PostgreSQL, what may end somebody's rights tells their open pages

The tables that rights are read from say whose they were, at the commit, whoever writes and however; the live channel
listens (gradebook/live). SQLite tells nobody: there, everyone looks again after a commit.

Revision ID: 0035
Revises: 0034
Create Date: 2026-11-22

"""
from alembic import op


revision = '0035'
down_revision = '0034'
branch_labels = None
depends_on = None

TELL = """
CREATE FUNCTION gradebook_tell_rights() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('gradebook', TG_ARGV[0] || ' ' || (to_jsonb(NEW) ->> TG_ARGV[1]));
  RETURN NULL;
END
$$
"""

# table: when, and which column says whose
TOLD = {
    'login_sessions': (
        'UPDATE OF ended_at, expires_at, auth_epoch, role_kind, role_school_id, own_device, proved_at, stepped_at',
        'person', 'user_id',
    ),
    'users': ('UPDATE OF auth_epoch, deactivated_at, identity_seen_at, email_confirmed_at', 'person', 'id'),
    'roles': ('UPDATE', 'person', 'user_id'),
    'guardianships': ('UPDATE', 'person', 'guardian_id'),
    'restrictions': ('INSERT OR UPDATE', 'person', 'adult_id'),
    'enrollments': ('UPDATE', 'person', 'user_id'),
    'schools': ('UPDATE OF hides_past_conversations, teachers_take_step', 'school', 'id'),
}


def upgrade():
    if op.get_context().dialect.name != 'postgresql':
        return
    op.execute(TELL)
    for table, (when, kind, column) in TOLD.items():
        op.execute(
            f"CREATE TRIGGER {table}_tell_rights AFTER {when} ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION gradebook_tell_rights('{kind}', '{column}')"
        )


def downgrade():
    if op.get_context().dialect.name != 'postgresql':
        return
    for table in TOLD:
        op.execute(f'DROP TRIGGER {table}_tell_rights ON {table}')
    op.execute('DROP FUNCTION gradebook_tell_rights()')
