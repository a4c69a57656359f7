"""announcements, reports, reviews, approvals and stops are kept for years, too

On PostgreSQL the sweep sees and deletes what is older than a year of the school that the transaction names, as in 0031:
it can empty an announcement, not change it, and delete reports that are settled and reviews that were told.

Revision ID: 0034
Revises: 0033
Create Date: 2026-11-22

"""
from alembic import op
import sqlalchemy as sa


revision = '0034'
down_revision = '0033'
branch_labels = None
depends_on = None

BEFORE = "'drafts', 'files', 'messages', 'notices', 'reads'"
CLASSES = "'announcements', 'approvals', 'drafts', 'files', 'messages', 'notices', 'reads', 'reports', 'reviews', 'stops'"

OURS = 'school_id = (SELECT gradebook_retaining())'
OLDER = '< (SELECT gradebook_old())'
OF_ANNOUNCEMENT = f'{OURS} AND EXISTS (SELECT FROM announcements a WHERE a.id = announcement_id AND a.{OURS} AND a.send_at {OLDER})'
OF_REVIEW = f'{OURS} AND EXISTS (SELECT FROM oversight_reviews r WHERE r.id = review_id AND r.{OURS} AND r.said_at {OLDER})'
POLICIES = (
    ('announcements', 'SELECT', f'{OURS} AND send_at {OLDER}', None),
    ('announcements', 'UPDATE', f'{OURS} AND send_at {OLDER}', f"{OURS} AND title = '' AND body = '' AND folded = '' AND purged_at IS NOT NULL"),
    ('announcement_recipients', 'SELECT', OF_ANNOUNCEMENT, None),
    ('announcement_recipients', 'DELETE', OF_ANNOUNCEMENT, None),
    ('message_reports', 'SELECT', f'{OURS} AND settled_at {OLDER}', None),
    ('message_reports', 'DELETE', f'{OURS} AND settled_at {OLDER}', None),
    ('oversight_reviews', 'SELECT', f'{OURS} AND said_at {OLDER}', None),
    ('oversight_reviews', 'DELETE', f'{OURS} AND said_at {OLDER}', None),
    ('review_openings', 'SELECT', OF_REVIEW, None),
    ('review_openings', 'DELETE', OF_REVIEW, None),
)


def upgrade():
    _classes(CLASSES)
    op.add_column('announcements', sa.Column('purged_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('announcements', sa.Column('purge_rule', sa.String(length=40), nullable=True))
    if op.get_context().dialect.name != 'postgresql':
        return
    for table, command, there, written in POLICIES:
        rule = f' USING ({there})' + (f' WITH CHECK ({written})' if written else '')
        op.execute(f'CREATE POLICY retention_{command.lower()} ON {table} FOR {command}{rule}')


def downgrade():
    if op.get_context().dialect.name == 'postgresql':
        for table, command, _, _ in POLICIES:
            op.execute(f'DROP POLICY retention_{command.lower()} ON {table}')
    op.drop_column('announcements', 'purge_rule')
    op.drop_column('announcements', 'purged_at')
    op.execute(f'DELETE FROM retention_rules WHERE record_class NOT IN ({BEFORE})')
    _classes(BEFORE)


def _classes(names):
    with op.batch_alter_table('retention_rules') as rules:
        rules.drop_constraint(op.f('ck_retention_rules_record_class'), type_='check')
        rules.create_check_constraint(op.f('ck_retention_rules_record_class'), f'record_class IN ({names})')
