"""whether students can ask about a score

Revision ID: 0030
Revises: 0029
Create Date: 2026-11-22

"""
from alembic import op
import sqlalchemy as sa


revision = '0030'
down_revision = '0029'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('schools', sa.Column('takes_score_questions', sa.Boolean(), server_default=sa.true(), nullable=False))


def downgrade():
    op.drop_column('schools', 'takes_score_questions')
