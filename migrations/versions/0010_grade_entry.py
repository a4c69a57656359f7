"""how a teacher types scores

Revision ID: 0010
Revises: 0009
Create Date: 2026-11-21

"""
from alembic import op
import sqlalchemy as sa


revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('users', sa.Column('grade_entry', sa.String(length=10), nullable=True))


def downgrade():
    op.drop_column('users', 'grade_entry')
