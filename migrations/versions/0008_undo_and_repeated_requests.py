"""which change a change puts back, and under which request it was sent

Revision ID: 0008
Revises: 0007
Create Date: 2026-11-21

"""
from alembic import op
import sqlalchemy as sa


revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

SENT = sa.text('request IS NOT NULL')


def upgrade():
    op.add_column('score_changes', sa.Column('undoes', sa.Integer(), nullable=True))
    op.add_column('score_changes', sa.Column('request', sa.String(length=36), nullable=True))
    op.create_index(
        'uq_score_changes_request', 'score_changes',
        ['section_id', 'changed_by', 'request', 'assignment_id', 'student_id'],
        unique=True, sqlite_where=SENT, postgresql_where=SENT,
    )


def downgrade():
    op.drop_index('uq_score_changes_request', 'score_changes')
    op.drop_column('score_changes', 'request')
    op.drop_column('score_changes', 'undoes')
