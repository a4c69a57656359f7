"""how each teacher has arranged the grids

Revision ID: 0013
Revises: 0012
Create Date: 2026-11-21

"""
from alembic import op
import sqlalchemy as sa


revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade():
    op.create_table('grid_views',
    sa.Column('user_id', ID, autoincrement=False, nullable=False),
    sa.Column('section_id', ID, autoincrement=False, nullable=False),
    sa.Column('school_id', ID, nullable=False),
    sa.Column('hidden', sa.JSON(), nullable=False),
    sa.Column('arranged', sa.JSON(), nullable=False),
    sa.Column('shows_percent', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['school_id'], ['schools.id'], name=op.f('fk_grid_views_school_id')),
    sa.ForeignKeyConstraint(['section_id', 'school_id'], ['sections.id', 'sections.school_id'], name=op.f('fk_grid_views_section_id_school_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_grid_views_user_id')),
    sa.PrimaryKeyConstraint('user_id', 'section_id', name=op.f('pk_grid_views'))
    )


def downgrade():
    op.drop_table('grid_views')
