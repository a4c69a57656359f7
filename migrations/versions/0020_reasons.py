"""why a score was changed

Revision ID: 0020
Revises: 0019
Create Date: 2026-11-21

"""
from alembic import op
import sqlalchemy as sa


revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('score_changes', sa.Column('reason', sa.String(length=200), nullable=True))


def downgrade():
    op.drop_column('score_changes', 'reason')
