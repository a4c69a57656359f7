"""levels of outcomes beside the grades that are kept

On the way down the kept levels are lost, and levels of closed terms are worked out again from their ratings, which
stay.

Revision ID: 0009
Revises: 0008
Create Date: 2026-11-21

"""
from alembic import op
import sqlalchemy as sa


revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('frozen_grades', sa.Column('levels', sa.JSON(none_as_null=True), nullable=True))
    op.add_column('frozen_grades', sa.Column('posted_levels', sa.JSON(none_as_null=True), nullable=True))


def downgrade():
    op.drop_column('frozen_grades', 'posted_levels')
    op.drop_column('frozen_grades', 'levels')
